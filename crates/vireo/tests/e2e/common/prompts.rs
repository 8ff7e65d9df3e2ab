//! Every text that the service can speak, as callers should hear it.

use std::path::Path;
use std::time::Duration;

use dialplan::Service;
use gateway::library::{Config, Library};
use gateway::service::Folder;
use media::{AssetKey, AudioFormat, Codec, Format};

use super::gateway::shared_cache;
use super::sound::{RATE, Voiceprint};

/// All prompts of a service in all its languages.
pub(crate) struct Prompts(Vec<Prompt>);

/// One spoken text.
pub(crate) struct Prompt {
    /// Its language with the name that an operator's recording of it would have; what tells a value has none, and
    /// its words stand there.
    pub(crate) name: String,
    pub(crate) length: Duration,
    print: Voiceprint,
}

impl Prompts {
    /// Takes all prompts of the service in a folder from the cache that its gateway has filled.
    pub(crate) fn load(folder: &Path) -> Prompts {
        let folder = Folder::find(folder);
        let service: Service = folder.load().expect("the demo is without fault");
        let format = Format::Audio(AudioFormat::new(Codec::Pcmu));
        let config = Config { media_dir: folder.media, cache_dir: shared_cache(), formats: vec![format] };
        let library = Library::open(config).expect("the demo has its media");
        let spoken = &service.presentations().speech;
        let assets: Vec<_> = spoken.iter().map(call::speech).collect();
        library.prepare(service.version(), &assets, &|_, _| ()).expect("every text can be spoken");
        let prompt = |(said, asset): (&dialplan::Utterance, _)| {
            let track = library.get(service.version(), &AssetKey { asset, format }).expect("it was prepared");
            let octets: Vec<u8> = track.frames.iter().flat_map(|frame| frame.data.to_vec()).collect();
            let pcm = codec::g711::decode(Codec::Pcmu, &octets).expect("it is a sound codec");
            Prompt {
                name: format!("{}/{}", said.language, said.name.as_deref().unwrap_or(&said.text)),
                length: Duration::from_secs(pcm.len() as u64) / RATE as u32,
                print: Voiceprint::of(&pcm),
            }
        };
        Prompts(spoken.iter().zip(assets).map(prompt).collect())
    }

    /// The prompt with this `LANGUAGE/NAME`.
    pub(crate) fn find(&self, name: &str) -> &Prompt {
        self.0.iter().find(|prompt| prompt.name == name).unwrap_or_else(|| panic!("no prompt {name}"))
    }

    /// The prompt that `heard` resembles most among all but `one`, and how much. Of a prompt too long
    /// for it the beginning counts.
    pub(crate) fn best_other(&self, one: &Prompt, heard: &[i16]) -> (&str, f64) {
        let heard = Voiceprint::of(heard);
        let others = self.0.iter().filter(|other| other.name != one.name);
        let rated = others.map(|other| (&*other.name, other.print.likeness_of_beginning(&heard)));
        rated.max_by(|a, b| a.1.total_cmp(&b.1)).expect("the demo has several prompts")
    }
}

impl Prompt {
    /// How much the best place of `heard` resembles the whole prompt; 1 is the same.
    pub(crate) fn likeness(&self, heard: &[i16]) -> f64 {
        self.print.likeness(&Voiceprint::of(heard))
    }
}
