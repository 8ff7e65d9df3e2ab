//! The number of open files this process may have: every media socket is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit of open files to the hard one and gives the limit that now holds
/// (`u64::MAX` for none). When the kernel refuses, the old soft limit stays and is given.
pub fn raise_limit() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum.unwrap_or(u64::MAX),
        Err(error) => {
            tracing::debug!(%error, "the limit of open files stays");
            current.unwrap_or(u64::MAX)
        }
    }
}

/// How many RTP/RTCP pairs fit into `limit` open files, `reserved` of them being kept for
/// everything else.
#[must_use]
pub fn pairs_within(limit: u64, reserved: u64) -> usize {
    usize::try_from(limit.saturating_sub(reserved) / 2).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_reaches_the_hard_one() {
        let limit = raise_limit();
        let now = getrlimit(Resource::Nofile);
        assert_eq!(now.current, now.maximum);
        assert_eq!(limit, now.current.unwrap_or(u64::MAX));
    }

    #[test]
    fn two_files_a_pair_and_some_kept_back() {
        assert_eq!(pairs_within(1024, 24), 500);
        assert_eq!(pairs_within(10, 24), 0);
    }
}
