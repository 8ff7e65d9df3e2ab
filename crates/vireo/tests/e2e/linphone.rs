//! linphonec 5 walks the menu: another make of phone, with Opus and VP8.

use std::process::Command;
use std::time::Duration;

use media::{Picture, Size};

use crate::common::gateway::Gateway;
use crate::common::prompts::Prompts;
use crate::common::slides::Deck;
use crate::common::sound::{AUDIBLE, loudness, read_wav};
use crate::common::{Lab, wait};

/// It reads its commands from standard input and has no way to say when it is ready, so it is told them by the clock.
const SCRIPT: &str = "(sleep 3; echo 'soundcard use files'; echo \"record $PWD/heard.wav\"; \
                      echo \"call $0\"; sleep 14; echo \"snapshot $PWD/menu.jpg\"; sleep 2; echo 1; sleep 8; echo \"snapshot $PWD/page.jpg\"; sleep 2; echo terminate; sleep 1; echo quit) \
                      | HOME=\"$PWD\" timeout 90 linphonec -V -C -c rc -d 4 -l linphone.log";

/// UDP alone, pictures from a file, nothing that needs a screen or a sound card.
const CONFIG: &str = "[sip]\nsip_port=5888\n[rtp]\naudio_rtp_port=37078\nvideo_rtp_port=39078\n\
                      [video]\nenabled=1\nautomatically_initiate=1\nautomatically_accept=1\nsize=cif\n\
                      device=StaticImage: Static picture\n";

/// How long all of that takes, with time to spare.
const LIMIT: Duration = Duration::from_secs(100);

/// From here on a prompt counts as heard, and a slide as seen.
const HEARD: f64 = 0.8;
const ALIKE: f64 = 0.9;

/// What it showed when it was told to keep it.
fn snapshot(lab: &Lab, name: &str) -> Picture {
    let size = Size::CIF;
    let (width, height) = (usize::from(size.width), usize::from(size.height));
    let file = lab.dir.join(format!("{name}.jpg"));
    let raw = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-i"])
        .arg(&file)
        .args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "-"])
        .output()
        .expect("ffmpeg is installed");
    assert_eq!(raw.stdout.len(), width * height * 3 / 2, "{name}: {}", String::from_utf8_lossy(&raw.stderr));
    let (y, rest) = raw.stdout.split_at(width * height);
    let (u, v) = rest.split_at(width * height / 4);
    Picture { size, y: y.to_vec(), u: u.to_vec(), v: v.to_vec() }
}

#[test]
fn linphone_sees_and_hears_the_menu_and_presses_a_key() {
    let Some(lab) = Lab::new("linphone-menu", &["linphonec", "ffmpeg"]) else { return };
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
    assert!(likeness > HEARD, "the menu was not heard: {likeness:.3}");
    let balance = prompts.find("zh-CN/您的话费余额是五十八元二角，剩余流量十二点六G。").likeness(&heard);
    println!("the balance: {balance:.3}");
    assert!(balance > HEARD, "the page behind the key was not heard: {balance:.3}");
    let deck = Deck::draw(&gateway.service, Size::CIF);
    for (name, slide) in [("menu", ("menu.svg", "请按键")), ("page", ("page.svg", "话费余额"))] {
        let (slide, seen) = (deck.find(slide.0, slide.1), snapshot(&lab, name));
        let (likeness, (other, less)) = (deck.likeness(slide, &seen), deck.best_other(slide, &seen));
        println!("{name}: {likeness:.3}, {other}: {less:.3}");
        assert!(likeness >= ALIKE && less < likeness, "{name}: {likeness:.3}, {other}: {less:.3}");
    }
    assert!(gateway.stop().success());
}
