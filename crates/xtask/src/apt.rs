//! The Debian packages that building, speaking and testing need: which are missing, and installing
//! them. On systems without dpkg nothing is installed; the list is printed.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

use crate::{Error, process};

/// Packages with one common reason.
#[derive(Clone, Copy)]
pub(crate) struct Group {
    /// Completes "needed ...".
    pub(crate) why: &'static str,
    pub(crate) packages: &'static [&'static str],
}

/// To build and run the gateway with its demo.
pub(crate) const BUILD: &[Group] = &[
    Group {
        why: "to compile: a C++ compiler and an assembler for the H.264 encoder, pkg-config to find libraries",
        packages: &["g++", "nasm", "pkg-config"],
    },
    Group { why: "to read the C headers of the codecs", packages: &["clang", "libclang-dev"] },
    Group {
        why: "to decode and encode video, and to read clips",
        packages: &[
            "libavcodec-dev",
            "libavformat-dev",
            "libavutil-dev",
            "libswresample-dev",
            "libswscale-dev",
        ],
    },
    Group {
        why: "to decode and encode the speech of mobile phones",
        packages: &["libopencore-amrnb-dev", "libopencore-amrwb-dev", "libvo-amrwbenc-dev"],
    },
    Group { why: "to encode the pictures of browsers", packages: &["libvpx-dev"] },
    Group { why: "to compile the speech codec of browsers", packages: &["cmake"] },
    Group { why: "to draw slides in Chinese and English", packages: &["fonts-noto-cjk"] },
    Group { why: "to speak the prompts that have no recording", packages: &["espeak-ng", "flite"] },
];

/// The foreign phones and analysers of the end-to-end tests.
pub(crate) const PEERS: &[Group] = &[
    Group { why: "to test signalling against SIPp", packages: &["sip-tester"] },
    Group {
        why: "to test with a real video phone, in a network namespace of its own",
        packages: &["baresip-core", "baresip-ffmpeg", "baresip-gstreamer", "iproute2"],
    },
    Group { why: "to test with a second make of phone", packages: &["linphone-cli"] },
    Group { why: "to test calls over networks that lose packets", packages: &["nftables"] },
    Group {
        why: "to test browsers that come by a relay (its own service is not needed and may be switched off)",
        packages: &["coturn"],
    },
    Group {
        why: "to test calls from web pages, and the pages' own scripts",
        packages: &["chromium", "nodejs", "npm"],
    },
    Group {
        why: "to read slides as a caller does, off the decoded picture",
        packages: &["tesseract-ocr", "tesseract-ocr-chi-sim"],
    },
    Group {
        why: "to test the database on a server, too (its own service is not needed)",
        packages: &["postgresql"],
    },
    Group { why: "to read H.245 by another program than ours", packages: &["python3", "python3-venv"] },
    Group { why: "to look for malformed packets, and at recordings", packages: &["tshark", "ffmpeg"] },
];

/// Installs what is missing of `groups`, after saying what and why.
///
/// # Errors
/// When apt-get fails. Nothing is wrong when there is no dpkg: that is said, and building may work.
pub(crate) fn install(groups: &[Group]) -> Result<(), Error> {
    if !process::exists("dpkg-query") {
        println!("This is no Debian, so install what corresponds to these packages yourself:");
        println!("{}", listed(groups));
        return Ok(());
    }
    let missing = missing(groups)?;
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().flat_map(|(_, packages)| packages).copied().collect();
    println!("These Debian packages are missing and will be installed now with apt-get:");
    for (why, packages) in &missing {
        println!("  {:<40} needed {why}", packages.join(" "));
    }
    apt_get(&["update"])?;
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(&names);
    apt_get(&arguments)
}

/// The packages of `groups` that are not installed, with the reason for each set.
pub(crate) fn missing(groups: &[Group]) -> Result<Vec<(&'static str, Vec<&'static str>)>, Error> {
    let all: Vec<&str> = groups.iter().flat_map(|group| group.packages).copied().collect();
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\\n"])
        .args(all)
        .output()
        .map_err(|error| format!("cannot start dpkg-query: {error}"))?;
    // It fails when one name is unknown to it, and lists the others all the same.
    Ok(missing_of(groups, &String::from_utf8_lossy(&output.stdout), &process::exists))
}

/// Packages that often come another way, and the command by which that shows. Node.js of its makers brings
/// npm along and conflicts with Debian's, and apt-get would then install none of the others either.
const BY_COMMAND: &[(&str, &str)] = &[("nodejs", "node"), ("npm", "npm")];

fn missing_of(
    groups: &[Group],
    listing: &str,
    has_command: &dyn Fn(&str) -> bool,
) -> Vec<(&'static str, Vec<&'static str>)> {
    let another_way = |name: &str| BY_COMMAND.iter().any(|(of, command)| *of == name && has_command(command));
    let installed =
        |name: &str| listing.lines().any(|line| line == format!("{name} installed")) || another_way(name);
    let of_group = |group: &Group| {
        let packages = group.packages.iter().copied().filter(|name| !installed(name));
        (group.why, packages.collect::<Vec<_>>())
    };
    groups.iter().map(of_group).filter(|(_, packages)| !packages.is_empty()).collect()
}

fn listed(groups: &[Group]) -> String {
    let lines = groups.iter().map(|group| format!("  {:<40} needed {}", group.packages.join(" "), group.why));
    lines.collect::<Vec<_>>().join("\n")
}

fn apt_get(arguments: &[&str]) -> Result<(), Error> {
    // A package that asks (tshark) takes its own default answer.
    let environment = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"];
    let mut words: Vec<&str> = environment.into_iter().chain(arguments.iter().copied()).collect();
    if !is_root() {
        if !process::exists("sudo") {
            return Err("installing packages needs root, and there is no sudo".into());
        }
        println!("(as root, by sudo: it may ask for your password)");
        words.insert(0, "sudo");
    }
    process::run(Command::new(words[0]).args(&words[1..]))
}

/// A process's own entry in /proc belongs to its effective user.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUPS: &[Group] = &[
        Group { why: "to compile", packages: &["g++", "nasm"] },
        Group { why: "to draw", packages: &["fonts-noto-cjk"] },
    ];

    #[test]
    fn node_and_npm_may_come_another_way() {
        let groups = [Group { why: "to test", packages: &["nodejs", "npm", "chromium"] }];
        let left = missing_of(&groups, "nodejs installed\n", &|command| command == "npm");
        assert_eq!(left, [("to test", vec!["chromium"])]);
        let left = missing_of(&groups, "", &|_| false);
        assert_eq!(left, [("to test", vec!["nodejs", "npm", "chromium"])]);
    }

    #[test]
    fn removed_and_unknown_packages_are_missing() {
        let listing = "g++ installed\nnasm config-files\nfonts-noto-cjk installed\n";
        let none = &|_: &str| false;
        assert_eq!(missing_of(GROUPS, listing, none), [("to compile", vec!["nasm"])]);
        assert_eq!(missing_of(GROUPS, "", none).len(), 2);
        let all = "g++ installed\nnasm installed\nfonts-noto-cjk installed";
        assert!(missing_of(GROUPS, all, none).is_empty());
    }

    #[test]
    fn no_package_is_listed_twice() {
        let mut names: Vec<&str> =
            BUILD.iter().chain(PEERS).flat_map(|group| group.packages).copied().collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
