//! Groups of members: words that a tenant makes up, such as `media-buyers`.

/// The longest word.
const LONGEST: usize = 40;
/// The most of them that a member is in, or that are asked for at once.
const MOST: usize = 20;

/// Why a text names no groups.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// One of them is no such word.
    #[error("a group is a word of lower-case letters, digits and dashes, {LONGEST} at most")]
    BadWord,
    /// More than anybody keeps apart.
    #[error("these are too many groups: {MOST} at most")]
    TooMany,
}

/// The one group that a text names.
fn parse_group(text: &str) -> Result<String, GroupError> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(known);
    if good { Ok(text.to_owned()) } else { Err(GroupError::BadWord) }
}

/// The groups that a text names with commas or blanks between, each once and in the order of the alphabet. An empty text
/// names none.
pub fn parse_groups(text: &str) -> Result<Vec<String>, GroupError> {
    let words = text.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    let mut groups: Vec<_> = words.map(parse_group).collect::<Result<_, _>>()?;
    groups.sort();
    groups.dedup();
    if groups.len() > MOST { Err(GroupError::TooMany) } else { Ok(groups) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_one_short_plain_word() {
        for good in ["a", "media-buyers", "team-2", &"x".repeat(LONGEST)] {
            assert_eq!(parse_group(good), Ok(good.to_owned()));
        }
        for bad in ["", "Media", "media_buyers", "media buyers", "a,b", "ü", "<b>", &"x".repeat(LONGEST + 1)] {
            assert_eq!(parse_group(bad), Err(GroupError::BadWord), "{bad}");
        }
    }

    #[test]
    fn a_text_names_each_group_once_and_not_too_many() {
        assert_eq!(
            parse_groups(" planners, media-buyers,planners\n"),
            Ok(vec!["media-buyers".into(), "planners".into()])
        );
        assert_eq!(parse_groups(" , "), Ok(vec![]));
        assert_eq!(parse_groups("media-buyers, Planners"), Err(GroupError::BadWord));
        let many = (0..=MOST).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(parse_groups(&many), Err(GroupError::TooMany));
    }
}
