//! The part of TOML that planted bugs are written in.
//!
//! A key is a word; a value is a string, `"…"` on one line or `'''…'''` over
//! several; the one table is `[[edit]]`. Whatever else TOML has is refused, so
//! every file that is read here means the same to any reader of TOML. It does
//! not take a dependency that everybody who runs `cargo xtask` would build.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

/// Values by their keys.
pub(super) type Table = BTreeMap<String, String>;

/// The values before the first `[[edit]]`, and those of each edit.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) values: Table,
    pub(super) edits: Vec<Table>,
}

/// # Errors
/// When the text is no TOML, or TOML of another kind.
pub(super) fn read(text: &str) -> Result<Document> {
    let mut document = Document::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let number = text[..text.len() - rest.len()].matches('\n').count() + 1;
        if line.trim().is_empty() || line.starts_with('#') {
            rest = after;
        } else if line.trim_end() == "[[edit]]" {
            document.edits.push(Table::new());
            rest = after;
        } else {
            let (key, value, after) = pair(rest).with_context(|| format!("in line {number}"))?;
            let table = document.edits.last_mut().unwrap_or(&mut document.values);
            if table.insert(key.to_owned(), value).is_some() {
                bail!("in line {number}: `{key}` is there twice");
            }
            rest = after;
        }
    }
    Ok(document)
}

/// A key, its value, and what follows in the next lines.
fn pair(text: &str) -> Result<(&str, String, &str)> {
    let (key, value) = text
        .split_once(" = ")
        .filter(|(key, _)| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase()))
        .context("neither `key = …`, `[[edit]]` nor a comment")?;
    let (value, after) = if let Some(literal) = value.strip_prefix("'''") {
        let (value, after) = literal.split_once("'''").context("no ''' ends the value")?;
        // A line break right after the opening is not part of the value.
        let value = value.strip_prefix('\n').unwrap_or(value);
        (value.to_owned(), after)
    } else {
        let (line, _) = value.split_once('\n').unwrap_or((value, ""));
        let quoted = line.strip_prefix('"');
        let (inner, _) = quoted
            .and_then(|quoted| quoted.split_once('"'))
            .context("the value is no string on one line")?;
        if inner.contains('\\') {
            bail!("a value with a backslash belongs between '''");
        }
        (inner.to_owned(), &value[inner.len() + 2..])
    };
    let (end, after) = after.split_once('\n').unwrap_or((after, ""));
    if !end.trim().is_empty() {
        bail!("`{}` follows the value", end.trim());
    }
    Ok((key, value, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(pairs: &[(&str, &str)]) -> Table {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn values_and_edits_are_read_as_they_stand() {
        let text = "# a comment\nname = \"it's one\"\n\n[[edit]]\nfind = '''a \"\\n\n  b'''\n\
                    replace = ''''''\n[[edit]]\nfind = '''\nfirst line'''";
        let expected = Document {
            values: table(&[("name", "it's one")]),
            edits: vec![
                table(&[("find", "a \"\\n\n  b"), ("replace", "")]),
                table(&[("find", "first line")]),
            ],
        };
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_line() {
        let wrong = [
            ("a = 1", "in line 1: the value is no string on one line"),
            ("\na = \"b", "in line 2: the value is no string on one line"),
            (
                "a = \"\\t\"",
                "in line 1: a value with a backslash belongs between '''",
            ),
            ("a = '''b", "in line 1: no ''' ends the value"),
            ("a = \"b\" c", "in line 1: `c` follows the value"),
            ("a = \"b\"\na = \"c\"", "in line 2: `a` is there twice"),
            (
                "[edit]",
                "in line 1: neither `key = …`, `[[edit]]` nor a comment",
            ),
        ];
        for (text, expected) in wrong {
            assert_eq!(format!("{:#}", read(text).unwrap_err()), expected, "{text}");
        }
    }
}
