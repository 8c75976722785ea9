//! Characters that hide or reorder text.

/// The text with the characters that hide or reorder made visible: for whatever somebody else wrote and a person or an
/// agent reads. Line breaks and tabs stay.
pub fn visible(text: &str) -> String {
    text.chars().map(|character| if hides(character) { char::REPLACEMENT_CHARACTER } else { character }).collect()
}

/// Control characters other than line break and tab; zero-width, bidirectional and tag characters.
pub fn hides(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\t')
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
