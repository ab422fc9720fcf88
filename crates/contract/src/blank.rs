//! When a text is blank.
//!
//! A text is blank when every character of it has at least one of these Unicode properties:
//! `White_Space`, `Control` (Cc), `Format` (Cf), `Default_Ignorable_Code_Point`. No such
//! character has a glyph of its own, so a name of them alone cannot be told from no name.
//! JavaScript and JSON Schema state the same with [`VISIBLE`].
//!
//! `unicode/blank.json` lists these characters for Unicode 17; the tests here and those of the
//! web app hold both statements to that list, for every code point.

/// A regular expression (ECMA-262, with the flag `u`) that finds one visible character.
pub const VISIBLE: &str = r"[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]";

/// The blank characters that the standard library knows no property for: `Format` and
/// `Default_Ignorable_Code_Point`.
const INVISIBLE: [(char, char); 25] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether no character of the text is visible; so is the empty text.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_blank_char)
}

fn is_blank_char(character: char) -> bool {
    let invisible = || {
        INVISIBLE
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&character))
    };
    character.is_whitespace() || character.is_control() || invisible()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> Vec<(u32, u32)> {
        let list: Vec<(String, String)> =
            serde_json::from_str(include_str!("../unicode/blank.json")).unwrap();
        let number = |text: String| u32::from_str_radix(&text, 16).unwrap();
        list.into_iter()
            .map(|(first, last)| (number(first), number(last)))
            .collect()
    }

    #[test]
    fn exactly_the_listed_characters_are_blank() {
        let listed = listed();
        for character in '\0'..=char::MAX {
            let code = u32::from(character);
            let expected = listed
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&code));
            assert_eq!(is_blank_char(character), expected, "U+{code:04X}");
        }
    }

    #[test]
    fn one_visible_character_among_blank_ones_is_enough() {
        assert!(is_blank("") && is_blank("\u{feff}\u{85}\u{200b}\u{3164}\t"));
        assert!(!is_blank("\u{feff}\u{85}x\u{200b}") && !is_blank("❤\u{fe0f}"));
    }
}
