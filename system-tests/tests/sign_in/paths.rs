//! Encoded paths that mean, or could be taken to mean, a guarded route.

use std::collections::BTreeSet;

const GUARDED: [&str; 3] = ["circuits/retry/override", "faults/database", "faults"];

/// What can stand for the slash between two segments, to one reader or another.
const SLASHES: [&str; 13] = [
    "//",
    "%2F",
    "%2f",
    "%5C",
    "%255C",
    "%252F",
    "/./",
    "/%2e/",
    "/x/../",
    "/x/..%5C",
    "%C0%AF",
    "%EF%BC%8F",
    "%09/",
];

/// What can stand for a slash inside one segment.
const IN_ONE: [&str; 10] = [
    "%5C",
    "%5c",
    "%5C%5C",
    "%5C.%5C",
    "%5Cx%5C..%5C",
    "%09%5C",
    "%00%5C",
    "%255C",
    "%252F",
    "%EF%BC%BC",
];

/// What can stand in front of a path and still lead to it, to one reader or another.
const FRONTS: [&str; 10] = [
    "//",
    "/%2F",
    "/%5C",
    "/./",
    "/items/..%5C",
    "/items/../",
    "/items/%2E%2E/",
    "/items/.%09.%5C",
    "/items/x%5C..%5C..%5C",
    "/$default/",
];

/// What can follow a path without meaning anything, to one reader or another.
const ENDS: [&str; 10] = [
    "", "/", "%2F", "%20", "%09", "%0D%0A", "%00", "%3Fx", "%23x", "%C0%AE",
];

/// Each guarded change in many spellings, the plain one included.
pub(crate) fn corpus() -> BTreeSet<String> {
    GUARDED.into_iter().flat_map(of).collect()
}

/// One route in many spellings, the plain one included.
pub(crate) fn of(route: &str) -> BTreeSet<String> {
    let segments: Vec<&str> = route.split('/').collect();
    let mut paths: BTreeSet<String> = ENDS.map(|end| format!("/{route}{end}")).into();
    paths.extend(SLASHES.map(|slash| format!("/{}", segments.join(slash))));
    paths.extend(FRONTS.map(|front| format!("{front}{route}")));
    // As one segment, which is how an item's id is taken for more: that route needs no token.
    let id = |slash: &str, end| format!("/items/..{slash}{}{end}", segments.join(slash));
    paths.extend(IN_ONE.map(|slash| id(slash, "")));
    paths.extend(ENDS.map(|end| id("%5C", end)));
    paths.insert(format!("/{}", route.to_uppercase()));
    paths.insert(format!("/%{:02x}{}", route.as_bytes()[0], &route[1..]));
    paths
}
