//! What a client may say about an item, checked field by field.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::is_blank;

const NAME_MAX_CHARS: usize = 200;
const DESCRIPTION_MAX_CHARS: usize = 2_000;
const QUANTITY_MAX: i64 = 1_000_000_000;

/// One thing wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name, or empty if the whole document is meant.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// The part of an item that a client decides.
///
/// Values come into being through [`ItemDraft::parse`]; between Lambdas they
/// travel as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(utoipa::ToSchema),
    schema(examples(json!({"name": "bolt", "description": "M4", "quantity": 3})))
)]
#[serde(deny_unknown_fields)]
pub struct ItemDraft {
    /// 1 to 200 characters, at least one of them visible, none of them U+0000. White space,
    /// control, format and default-ignorable characters are not visible.
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 200,
            pattern = r"^[^\u0000]*[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}][^\u0000]*$"
        )
    )]
    name: String,
    /// At most 2,000 characters, none of them U+0000; empty if left out.
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 2000, pattern = r"^[^\u0000]*$")
    )]
    #[serde(default)]
    description: String,
    /// 0 to 1,000,000,000.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000_000))]
    quantity: i64,
}

impl ItemDraft {
    /// Checks a JSON document and names every mistake in it.
    ///
    /// # Errors
    ///
    /// One [`FieldError`] for each missing, unknown or unacceptable field.
    pub fn parse(document: &Value) -> Result<Self, Vec<FieldError>> {
        let Value::Object(fields) = document else {
            return Err(vec![FieldError {
                field: String::new(),
                message: "the body must be a JSON object with name, description and quantity"
                    .to_owned(),
            }]);
        };
        let mut errors = Vec::new();
        let mut check = |field: &str, found: Result<(), String>| {
            if let Err(message) = found {
                errors.push(FieldError {
                    field: field.to_owned(),
                    message,
                });
            }
        };
        let name = fields.get("name");
        check("name", check_name(name));
        let description = fields.get("description");
        check("description", check_description(description));
        let quantity = fields.get("quantity");
        check("quantity", check_quantity(quantity));
        // Last, for there may be more of them than anybody is told.
        for field in fields.keys() {
            if !matches!(field.as_str(), "name" | "description" | "quantity") {
                let message = "is no known field; known are name, description and quantity";
                check(field, Err(message.to_owned()));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("").to_owned();
        Ok(Self {
            name: text(name),
            description: text(description),
            quantity: quantity.and_then(whole_number).unwrap_or(0),
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The description; may be empty.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The quantity.
    pub fn quantity(&self) -> i64 {
        self.quantity
    }
}

fn check_name(value: Option<&Value>) -> Result<(), String> {
    let expected = format!("1 to {NAME_MAX_CHARS} characters, at least one of them visible");
    let text = required(value)?
        .as_str()
        .ok_or_else(|| format!("must be a string of {expected}"))?;
    if is_blank(text) {
        return Err(format!("is blank; it must have {expected}"));
    }
    at_most(text, NAME_MAX_CHARS)
}

fn check_description(value: Option<&Value>) -> Result<(), String> {
    let Some(value) = value else { return Ok(()) };
    let text = value
        .as_str()
        .ok_or_else(|| format!("must be a string of at most {DESCRIPTION_MAX_CHARS} characters"))?;
    at_most(text, DESCRIPTION_MAX_CHARS)
}

fn check_quantity(value: Option<&Value>) -> Result<(), String> {
    let expected = format!("must be a whole number from 0 to {QUANTITY_MAX}");
    match whole_number(required(value)?) {
        Some(quantity) if (0..=QUANTITY_MAX).contains(&quantity) => Ok(()),
        _ => Err(expected),
    }
}

/// The whole number that a JSON value is. `3.0` is one, as JSON Schema has it: there are
/// languages that write no other.
pub fn whole_number(value: &Value) -> Option<i64> {
    let of_fraction = || {
        let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
        format!("{number:.0}").parse().ok()
    };
    value.as_i64().or_else(of_fraction)
}

fn required(value: Option<&Value>) -> Result<&Value, String> {
    value.ok_or_else(|| "is missing".to_owned())
}

/// Also refuses the null character, which PostgreSQL cannot store in text.
fn at_most(text: &str, max: usize) -> Result<(), String> {
    let length = text.chars().count();
    if length > max {
        return Err(format!(
            "has {length} characters; at most {max} are allowed"
        ));
    }
    if text.contains('\0') {
        return Err("contains the null character (U+0000), which cannot be stored".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(document: &Value) -> Vec<String> {
        ItemDraft::parse(document)
            .unwrap_err()
            .into_iter()
            .map(|error| error.field)
            .collect()
    }

    #[test]
    fn a_complete_document_becomes_a_draft() {
        let draft =
            ItemDraft::parse(&json!({"name": "bolt", "description": "M4", "quantity": 3})).unwrap();
        assert_eq!(
            (draft.name(), draft.description(), draft.quantity()),
            ("bolt", "M4", 3)
        );
    }

    #[test]
    fn the_description_may_be_left_out() {
        let draft = ItemDraft::parse(&json!({"name": "bolt", "quantity": 0})).unwrap();
        assert_eq!(draft.description(), "");
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let document = json!({"name": " ", "quantity": -1, "colour": "red", "description": 5});
        assert_eq!(
            fields(&document),
            ["name", "description", "quantity", "colour"]
        );
    }

    #[test]
    fn limits_count_characters_not_bytes() {
        assert!(ItemDraft::parse(&json!({"name": "ü".repeat(200), "quantity": 1})).is_ok());
        assert_eq!(
            fields(&json!({"name": "ü".repeat(201), "quantity": 1})),
            ["name"]
        );
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction() {
        let draft = ItemDraft::parse(&json!({"name": "bolt", "quantity": 7.0})).unwrap();
        assert_eq!(draft.quantity(), 7);
        for (value, number) in [
            (json!(-0.0), Some(0)),
            (json!(0.5), None),
            (json!(1e300), None),
        ] {
            assert_eq!(whole_number(&value), number, "{value}");
        }
    }

    #[test]
    fn numbers_that_are_not_whole_or_too_large_are_refused() {
        for quantity in [
            json!(1.5),
            json!("1"),
            json!(1_000_000_001),
            json!(1e300),
            json!(null),
        ] {
            assert_eq!(
                fields(&json!({"name": "bolt", "quantity": quantity})),
                ["quantity"]
            );
        }
    }

    #[test]
    fn a_name_without_a_visible_character_is_refused() {
        for name in [
            "",
            " ",
            "\u{85}",
            "\u{feff}",
            "\u{200b}",
            "\u{3164}",
            "\u{e0020}",
        ] {
            let errors = ItemDraft::parse(&json!({"name": name, "quantity": 1})).unwrap_err();
            assert!(errors[0].message.starts_with("is blank"), "{errors:?}");
        }
        for name in ["\u{feff}x", "!", "🔌", "❤\u{fe0f}", "ا\u{200d}"] {
            assert!(ItemDraft::parse(&json!({"name": name, "quantity": 1})).is_ok());
        }
    }

    #[test]
    fn the_null_character_is_refused() {
        assert_eq!(fields(&json!({"name": "a\u{0}b", "quantity": 1})), ["name"]);
    }

    #[test]
    fn a_document_that_is_no_object_is_refused_as_a_whole() {
        assert_eq!(fields(&json!([1, 2])), [""]);
    }
}
