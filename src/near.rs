//! "Did you mean": the nearest of some known words.

/// The known word nearest to `given`, if one is near enough to be a slip of the pen.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let bare = |word: &str| word.to_ascii_lowercase().replace(['_', '-'], "");
    let given = bare(given);
    let allowed = (given.chars().count() / 3).max(1);
    let length = given.chars().count();
    known
        .into_iter()
        // Words apart by more letters than that are not near; so that a word of any length costs little.
        .filter(|word| bare(word).chars().count().abs_diff(length) <= allowed)
        .map(|word| (strsim::damerau_levenshtein(&given, &bare(word)), word))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}
