//! Nothing makes a parser panic, and what it accepts is well-formed.

use contract::{
    CacheEntry, CacheKey, Cursor, IdempotencyKey, ItemDraft, PageLimit, Read, Request, Response,
    RetryEvent,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::arbitrary;

/// Tries to read it as everything that comes from elsewhere.
fn read_as_everything(text: &str) {
    fn read<T: DeserializeOwned>(text: &str) {
        drop(serde_json::from_str::<T>(text));
        if let Ok(value) = serde_json::from_str::<Value>(text) {
            drop(serde_json::from_value::<T>(value));
        }
    }
    read::<RetryEvent>(text);
    read::<Request<Read>>(text);
    read::<Response>(text);
    drop(CacheEntry::decode(
        &CacheKey::Item(Uuid::nil()),
        text.as_bytes(),
    ));
    if let Ok(document) = serde_json::from_str::<Value>(text) {
        drop(ItemDraft::parse(&document));
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in any::<String>()) {
        read_as_everything(&text);
        drop(text.parse::<IdempotencyKey>());
        drop(text.parse::<PageLimit>());
        if let Ok(cursor) = text.parse::<Cursor>() {
            prop_assert_eq!(cursor.to_string(), text);
        }
    }

    #[test]
    fn no_document_makes_a_parser_panic(document in arbitrary::json()) {
        read_as_everything(&document.to_string());
    }

    #[test]
    fn no_damage_to_a_valid_text_makes_a_parser_panic(
        event in arbitrary::request(arbitrary::command()),
        entry in arbitrary::entry(),
        response in arbitrary::response(),
        place in any::<proptest::sample::Index>(),
        other in any::<char>(),
    ) {
        let event = serde_json::to_string(&event).unwrap();
        let response = serde_json::to_string(&response).unwrap();
        for text in [event, response, entry.encode().unwrap()] {
            let mut damaged: Vec<char> = text.chars().collect();
            let place = place.index(damaged.len());
            read_as_everything(&String::from_iter(&damaged[..place]));
            damaged[place] = other;
            read_as_everything(&String::from_iter(&damaged));
        }
    }
}
