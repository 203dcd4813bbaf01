//! Paths with parameters, such as `/api/files/{id}.json`.

/// The values of the parameters of a path template, if the path fits it.
pub(crate) fn values(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    let mut values = Vec::new();
    loop {
        match (template.next(), path.next()) {
            (None, None) => return Some(values),
            (Some(part), Some(given)) => values.extend(part_value(part, given)?),
            _ => return None,
        }
    }
}

/// The parameter and its value, if any, where one part of a path fits that of a template, such as `{id}.json`.
pub(crate) fn part_value(template: &str, given: &str) -> Option<Option<(String, String)>> {
    let Some((before, name, after)) = parameter(template) else {
        return (template == given).then_some(None);
    };
    let value = given.strip_prefix(before)?.strip_suffix(after)?;
    (!value.is_empty()).then(|| Some((name.to_owned(), value.to_owned())))
}

/// What stands before a parameter in a part of a path template, its name, and what stands behind it.
pub(crate) fn parameter(part: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = part.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// Whether no part of a path template has more than one parameter: where one of several ended would be a guess.
#[cfg(feature = "replica")]
pub(crate) fn is_plain(template: &str) -> bool {
    template.split('/').all(|part| {
        let around = parameter(part).map_or([part, ""], |(before, _, after)| [before, after]);
        !around.iter().any(|text| text.contains(['{', '}']))
    })
}

/// How far a path is from the template that it fits: the one with the least that is left to values means it.
pub(crate) fn looseness(values: &[(String, String)]) -> (usize, usize) {
    (values.len(), values.iter().map(|(_, value)| value.len()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_be_a_part_of_a_part() {
        let value = |template: &str, path: &str| {
            values(template, path)
                .map(|values| values.into_iter().map(|(_, value)| value).collect::<Vec<_>>())
        };
        for (template, path, expected) in [
            ("/files/{id}.json", "/files/7.json", Some(vec!["7"])),
            ("/files/{id}.json", "/files/.json", None),
            ("/files/{id}.json", "/files/7.xml", None),
            ("/files/v{id}/{part}", "/files/v7/a", Some(vec!["7", "a"])),
            ("/files/{id}", "/files/7.json", Some(vec!["7.json"])),
            ("/files/{id}", "/files/", None),
            ("/files", "/files", Some(vec![])),
        ] {
            let expected = expected.map(|values| values.into_iter().map(str::to_owned).collect());
            assert_eq!(value(template, path), expected, "{template} {path}");
        }
    }
}
