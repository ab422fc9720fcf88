//! Items in the database: created, read, listed, replaced, deleted.

use contract::{Body, Expected, PageLimit, Read, Refusal, Reply, Source, Write};
use uuid::Uuid;

use crate::{
    engine::on_each_engine,
    world::{Environment, Surroundings, create, draft, item, new_key, served, source},
};

on_each_engine! {
    what_was_created_can_be_read_back,
    an_item_that_never_was_is_not_found,
    a_list_goes_from_the_newest_to_the_oldest_page_by_page,
    each_replacement_raises_the_version,
    a_deletion_needs_the_expected_version_and_is_final,
    one_expected_version_of_several_suffices_and_an_excluded_one_does_not,
    text_of_any_kind_survives,
    the_database_is_the_last_to_check,
}

async fn what_was_created_can_be_read_back(surroundings: Surroundings) {
    let writer = surroundings.migrated_environment().await;
    let created = writer.create("bolt").await;
    assert_eq!((created.name.as_str(), created.version), ("bolt", 1));
    let read = item(writer.get(created.id).await);
    assert_eq!(read, created);
}

async fn an_item_that_never_was_is_not_found(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = Uuid::now_v7();
    let not_found = Reply::Refused(Refusal::not_found(id));
    assert_eq!(environment.get(id).await, not_found);
    let replace = Write::Replace {
        id,
        draft: draft("nut"),
        expected: None,
    };
    assert_eq!(environment.write(&new_key(), replace).await, not_found);
    let delete = Write::Delete { id, expected: None };
    assert_eq!(environment.write(&new_key(), delete).await, not_found);
}

async fn a_list_goes_from_the_newest_to_the_oldest_page_by_page(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    for name in ["first", "second", "third", "fourth"] {
        environment.create(name).await;
    }
    let limit = PageLimit::try_from(2).unwrap();
    let (newest, cursor) = names(
        &environment,
        Read::List {
            limit,
            cursor: None,
        },
    )
    .await;
    assert_eq!(newest, ["fourth", "third"]);
    let (oldest, end) = names(&environment, Read::List { limit, cursor }).await;
    assert_eq!(oldest, ["second", "first"]);
    assert_eq!(end, None, "a last page that is full leads nowhere");
}

async fn names(environment: &Environment, list: Read) -> (Vec<String>, Option<contract::Cursor>) {
    let served = served(environment.read(list).await);
    assert_eq!(served.source, Source::Database);
    match served.body {
        Body::Page(page) => (
            page.items.into_iter().map(|item| item.name).collect(),
            page.next_cursor,
        ),
        other => panic!("expected a page, got {other:?}"),
    }
}

async fn each_replacement_raises_the_version(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let created = environment.create("bolt").await;
    let replace = Write::Replace {
        id: created.id,
        draft: draft("nut"),
        expected: Some(1.into()),
    };
    let replaced = item(environment.write(&new_key(), replace.clone()).await);
    assert_eq!((replaced.name.as_str(), replaced.version), ("nut", 2));
    assert_eq!(replaced.created_at, created.created_at);
    assert!(replaced.updated_at > created.updated_at);

    let late = environment.write(&new_key(), replace).await;
    let mismatch = Refusal::VersionMismatch { current: 2 };
    assert_eq!(late, Reply::Refused(mismatch));
}

async fn a_deletion_needs_the_expected_version_and_is_final(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    let delete = |expected| Write::Delete { id, expected };
    assert_eq!(
        environment.write(&new_key(), delete(Some(7.into()))).await,
        Reply::Refused(Refusal::VersionMismatch { current: 1 })
    );
    let deleted = served(environment.write(&new_key(), delete(Some(1.into()))).await);
    assert_eq!(deleted.body, Body::Deleted { id });
    assert_eq!(
        environment.get(id).await,
        Reply::Refused(Refusal::not_found(id))
    );
}

async fn one_expected_version_of_several_suffices_and_an_excluded_one_does_not(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    let replace = |expected| Write::Replace {
        id,
        draft: draft("nut"),
        expected: Some(expected),
    };
    for (expected, current) in [
        (Expected::one_of([2, 7]), 1),
        (Expected::one_of([]), 1),
        (Expected::none_of([1, 7]), 1),
    ] {
        let refused = environment.write(&new_key(), replace(expected)).await;
        let mismatch = Refusal::VersionMismatch { current };
        assert_eq!(refused, Reply::Refused(mismatch));
    }
    for (expected, version) in [
        (Expected::one_of([7, 1]), 2),
        (Expected::none_of([1, 7]), 3),
        (Expected::none_of([]), 4),
    ] {
        let replaced = environment.write(&new_key(), replace(expected)).await;
        assert_eq!(item(replaced).version, version);
    }
}

async fn text_of_any_kind_survives(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let name = "'; DROP TABLE items; -- \u{1f529} \u{202e} \"\\";
    let created = item(environment.write(&new_key(), create(name)).await);
    environment.clock.advance(crate::world::FRESH_FOR);
    let read = environment.get(created.id).await;
    assert_eq!(source(read.clone()), Source::Database);
    assert_eq!(item(read).name, name);
}

async fn the_database_is_the_last_to_check(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    environment.create("bolt").await;
    let mut session = surroundings.connect().await;
    for change in [
        "name = ''".to_owned(),
        format!("name = '{}'", "n".repeat(201)),
        format!("description = '{}'", "d".repeat(2_001)),
        "quantity = -1".to_owned(),
        "quantity = 1000000001".to_owned(),
        "version = 0".to_owned(),
    ] {
        let refused = session.refuses(&format!("UPDATE items SET {change}")).await;
        assert!(refused, "{change}");
    }
}
