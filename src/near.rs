//! "Did you mean": the nearest of some known words.

/// The known word nearest to `given`, if one is near enough to be a slip of the pen.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let bare = |word: &str| word.to_ascii_lowercase().replace(['_', '-'], "");
    let given = bare(given);
    let allowed = (given.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&given, &bare(word)), word))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}
