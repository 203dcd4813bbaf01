//! Chance that hangs on a seed and on names, and on nothing else.

/// A source of chance for these words; the same in every run and on every machine.
pub(super) fn rng(seed: u64, words: &[&[u8]]) -> fastrand::Rng {
    fastrand::Rng::with_seed(hash(seed, words))
}

/// FNV-1a over the seed and the words, each ended, so that their borders count; mixed at the end, since its last bytes
/// alone hardly reach the high bits.
pub(super) fn hash(seed: u64, words: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let seed = seed.to_le_bytes();
    for word in std::iter::once(&seed[..]).chain(words.iter().copied()) {
        for byte in word.iter().copied().map(u64::from).chain([0x100]) {
            hash = (hash ^ byte).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_give_the_same_and_others_others() {
        assert_eq!(hash(0, &[b"a", b"bc"]), hash(0, &[b"a", b"bc"]));
        let all = [hash(0, &[b"a", b"bc"]), hash(0, &[b"ab", b"c"]), hash(1, &[b"a", b"bc"]), hash(0, &[])];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{all:?}");
        }
        // Written down, so that a change of it is seen: whoever keeps a seed counts on its data.
        assert_eq!(hash(0, &[b"world_regions"]), 0x0719_905a_6c58_c1be);
    }
}
