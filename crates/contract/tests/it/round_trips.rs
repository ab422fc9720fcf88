//! Everything that is valid survives the wire.

use contract::{
    CacheContent, CacheEntry, CacheKey, Cursor, ItemDraft, PageLimit, Read, Request, Response,
    RetryEvent,
};
use proptest::prelude::*;

use crate::arbitrary;

/// A key under which the entry may lie.
fn key_of(entry: &CacheEntry) -> CacheKey {
    match &entry.content {
        CacheContent::Item(item) => CacheKey::Item(item.id),
        CacheContent::Tombstone { id, .. } => CacheKey::Item(*id),
        CacheContent::Page(_) => CacheKey::Page {
            limit: PageLimit::default(),
            cursor: None,
        },
    }
}

proptest! {
    #[test]
    fn an_event_for_the_retry_lambda_arrives_as_it_was_sent(
        request in arbitrary::request(arbitrary::command()),
    ) {
        let event = RetryEvent::Items(request);
        let wire = serde_json::to_string(&event).unwrap();
        prop_assert_eq!(serde_json::from_str::<RetryEvent>(&wire).unwrap(), event);
    }

    #[test]
    fn an_event_for_the_fallback_lambda_arrives_as_it_was_sent(
        request in arbitrary::request(arbitrary::read()),
    ) {
        let wire = serde_json::to_string(&request).unwrap();
        prop_assert_eq!(serde_json::from_str::<Request<Read>>(&wire).unwrap(), request);
    }

    #[test]
    fn a_response_arrives_as_it_was_sent(response in arbitrary::response()) {
        let wire = serde_json::to_string(&response).unwrap();
        prop_assert_eq!(serde_json::from_str::<Response>(&wire).unwrap(), response);
    }

    #[test]
    fn an_entry_is_found_as_it_was_written(entry in arbitrary::entry()) {
        let text = entry.encode().unwrap();
        let decoded = CacheEntry::decode(&key_of(&entry), text.as_bytes());
        prop_assert_eq!(decoded.unwrap(), entry);
    }

    #[test]
    fn a_cursor_comes_back_as_it_was_given(cursor in arbitrary::cursor()) {
        prop_assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor));
    }

    #[test]
    fn a_draft_that_was_accepted_says_what_the_client_said(
        document in arbitrary::draft_document(),
    ) {
        let draft = ItemDraft::parse(&document).unwrap();
        prop_assert_eq!(serde_json::to_value(draft).unwrap(), document);
    }
}
