//! "Did you mean": the known name nearest to a mistyped one.

/// Longer names are compared no further than this: suggestions are for typing mistakes.
const LONGEST: usize = 64;

/// Finds the candidate that `name` is most likely a mistyping of.
///
/// About one mistake in three characters is forgiven, at most three, and in a name of one character
/// none; letter case counts for nothing. Of equally near candidates the first in order of text wins, so the answer does not
/// depend on the order they come in.
pub fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>,
) -> Option<&'a str> {
    let name = folded(name)?;
    let limit = if name.len() < 2 { 0 } else { (name.len() / 3).clamp(1, 3) };
    candidates
        .into_iter()
        .map(AsRef::as_ref)
        .filter_map(|candidate| {
            let other = folded(candidate).filter(|o| o.len().abs_diff(name.len()) <= limit)?;
            Some((distance(&name, &other, limit), candidate))
        })
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The sentence that suggests the nearest candidate, `Did you mean "x"?`, where there is one.
pub fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>,
) -> Option<String> {
    nearest(name, candidates).map(|nearest| format!("Did you mean {nearest:?}?"))
}

/// The characters to compare; none where the text is too long to be worth it.
fn folded(text: &str) -> Option<Vec<char>> {
    let chars = text.chars().flat_map(char::to_lowercase);
    (text.len() <= LONGEST).then(|| chars.map(|c| if c == '-' { '_' } else { c }).collect())
}

/// How many characters were left out, put in, changed or swapped with their neighbour; anything
/// above `limit` where it is more than that.
///
/// Only the cells that `limit` can reach are computed, since a configuration may have thousands
/// of names to compare with.
fn distance(a: &[char], b: &[char], limit: usize) -> usize {
    let far = limit + 1;
    let mut before = vec![far; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).map(|n| n.min(far)).collect();
    let mut row = vec![far; b.len() + 1];
    for i in 1..=a.len() {
        row.fill(far);
        row[0] = i.min(far);
        for j in i.saturating_sub(limit).max(1)..=(i + limit).min(b.len()) {
            let changed = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut cost = changed.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost = cost.min(before[j - 2] + 1);
            }
            row[j] = cost;
        }
        if row.iter().chain(&above).all(|cost| *cost > limit) {
            return far;
        }
        std::mem::swap(&mut before, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_mistakes_are_recognised() {
        let known = ["count", "for_each", "depends_on", "lifecycle", "host", "description"];
        for (typed, meant) in [
            ("cuont", Some("count")),
            ("foreach", Some("for_each")),
            ("for-each", Some("for_each")),
            ("dependson", Some("depends_on")),
            ("Lifecycle", Some("lifecycle")),
            ("discription", Some("description")),
            ("hots", Some("host")),
            ("h", None),
            ("name", None),
            ("provisioner", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
    }

    #[test]
    fn order_of_candidates_does_not_matter() {
        assert_eq!(nearest("ab1", ["abx", "abc"]), Some("abc"));
        assert_eq!(nearest("ab1", ["abc", "abx"]), Some("abc"));
    }

    #[test]
    fn any_list_of_names_will_do() {
        let owned = vec![String::from("alpha"), String::from("beta")];
        assert_eq!(nearest("alhpa", &owned), Some("alpha"));
        assert_eq!(did_you_mean("betta", &owned).as_deref(), Some("Did you mean \"beta\"?"));
    }
}
