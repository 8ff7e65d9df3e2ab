//! linphonec 5 walks the menu: another make of phone, with Opus and VP8.

use std::time::Duration;

use crate::common::gateway::Gateway;
use crate::common::prompts::Prompts;
use crate::common::sound::{AUDIBLE, loudness, read_wav};
use crate::common::{Lab, wait};

/// It reads its commands from standard input and has no way to say when it is ready, so it is told them by the clock.
const SCRIPT: &str = "(sleep 3; echo 'soundcard use files'; echo \"record $PWD/heard.wav\"; \
                      echo \"call $0\"; sleep 16; echo 1; sleep 10; echo terminate; sleep 1; echo quit) \
                      | HOME=\"$PWD\" timeout 90 linphonec -V -C -c rc -d 4 -l linphone.log";

/// UDP alone, pictures from a file, nothing that needs a screen or a sound card.
const CONFIG: &str = "[sip]\nsip_port=5888\n[rtp]\naudio_rtp_port=37078\nvideo_rtp_port=39078\n\
                      [video]\nenabled=1\nautomatically_initiate=1\nautomatically_accept=1\nsize=cif\n\
                      device=StaticImage: Static picture\n";

/// How long all of that takes, with time to spare.
const LIMIT: Duration = Duration::from_secs(100);

#[test]
fn linphone_sees_and_hears_the_menu_and_presses_a_key() {
    let Some(lab) = Lab::new("linphone-menu", &["linphonec"]) else { return };
    let gateway = Gateway::start(&lab);
    let prompts = Prompts::load(&gateway.service);
    // Without this folder for its database it does not even open a socket.
    std::fs::create_dir_all(lab.dir.join(".local/share/linphone")).expect("the test's folder is writable");
    std::fs::write(lab.dir.join("rc"), CONFIG).expect("the test's folder is writable");
    let hotline = gateway.hotline();
    let log = lab.dir.join("linphone.out");
    let mut phone = lab.net.start(&lab.dir, &log, "sh", &["-c", SCRIPT, &hotline]);
    let ended = wait::within(LIMIT, || phone.exited());
    assert!(ended.is_some(), "linphonec ends: {}", phone.output());
    let told = std::fs::read_to_string(lab.dir.join("linphone.log")).unwrap_or_default();
    for word in ["opus", "VP8"] {
        assert!(told.contains(word), "{word} was agreed on");
    }
    let heard = read_wav(&lab.dir.join("heard.wav"));
    assert!(loudness(&heard) > AUDIBLE, "{} samples of silence", heard.len());
    let likeness = prompts.find("zh-CN/press_1_balance").likeness(&heard);
    println!("the menu: {likeness:.3}");
    assert!(likeness > 0.8, "the menu was not heard: {likeness:.3}");
    assert!(gateway.stop().success());
}
