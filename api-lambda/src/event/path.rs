//! Which paths may be routed.

/// The longest route has some 60 characters.
const MAX_BYTES: usize = 1_024;

/// Without it in front, a stage is the root of its API.
const UNNAMED_STAGE: &str = "$default";

/// The path to route, if `raw` is written the one way that paths of this API are.
///
/// Every route consists of single slashes and of segments of unreserved characters
/// (RFC 3986, section 2.3). A path with anything else in it, be it encoded or decoded, leads
/// nowhere, and reading it as if it led somewhere is how a guard is passed.
///
/// API Gateway puts the name of a named stage in front of the path, and nothing for the
/// stage `$default`.
pub(super) fn routable<'raw>(raw: &'raw str, stage: Option<&str>) -> Option<&'raw str> {
    let path = match stage {
        None | Some("" | UNNAMED_STAGE) => raw,
        Some(stage) => below(raw, stage).unwrap_or(raw),
    };
    (path.len() <= MAX_BYTES && is_plain(path)).then_some(path)
}

/// The path below a named stage; `None` if it does not begin with the stage.
fn below<'raw>(raw: &'raw str, stage: &str) -> Option<&'raw str> {
    match raw.strip_prefix('/')?.strip_prefix(stage)? {
        "" => Some("/"),
        path => path.starts_with('/').then_some(path),
    }
}

fn is_plain(path: &str) -> bool {
    path == "/"
        || path
            .strip_prefix('/')
            .is_some_and(|path| path.split('/').all(is_plain_segment))
}

fn is_plain_segment(segment: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !matches!(segment, "" | "." | "..") && segment.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_path_of_the_api_is_routed_as_it_came() {
        for path in [
            "/",
            "/items",
            "/items/019a0000-0000-7000-8000-000000000000",
            "/circuits/retry/override",
            "/faults/database",
            "/openapi.json",
            "/nowhere",
        ] {
            for stage in [None, Some("$default")] {
                assert_eq!(routable(path, stage), Some(path));
            }
        }
    }

    #[test]
    fn a_named_stage_is_taken_off_once() {
        for (raw, path) in [
            ("/dev", Some("/")),
            ("/dev/", Some("/")),
            ("/dev/items", Some("/items")),
            ("/dev/dev/items", Some("/dev/items")),
            ("/development/items", Some("/development/items")),
            // Behind a domain of its own, in case it is left out there.
            ("/items", Some("/items")),
            ("/dev//items", None),
            ("/dev/../items", None),
        ] {
            assert_eq!(routable(raw, Some("dev")), path, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn nothing_but_plain_segments_is_routed(raw in any::<String>(), odd in "[^A-Za-z0-9._~/-]") {
            let plain = |path: &str| {
                path.starts_with('/') && !path.contains("//")
                    && path.split('/').all(|segment| segment != "." && segment != "..")
                    && path.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/".contains(c))
                    && (path == "/" || !path.ends_with('/'))
            };
            prop_assert_eq!(routable(&raw, None).is_some(), plain(&raw));
            for path in [format!("/{odd}"), format!("/items/{odd}"), format!("/items{odd}/a")] {
                prop_assert_eq!(routable(&path, None), None);
            }
        }
    }
}
