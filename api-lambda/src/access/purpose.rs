//! What a route is for.

use axum::http::Method;

/// What a route is for; `infrastructure/lib/constructs/routes.ts` says the same of API
/// Gateway's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Work with items.
    Items,
    /// Changing how the system behaves, and reading who did.
    Operations,
    /// Telling about it.
    Information,
}

impl Purpose {
    /// What the route with this template, such as `/items/{id}`, is for when it is asked by
    /// this method. Whatever changes something is for operators, unless it is known to be
    /// for others: a route that is forgotten here is closed, not open.
    pub fn of(method: &Method, template: &str) -> Self {
        match template {
            "/items" | "/items/{id}" => Self::Items,
            "/circuits/{name}/trail" => Self::Operations,
            _ if method.is_safe() => Self::Information,
            _ => Self::Operations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_something_is_for_operators_unless_it_is_an_item() {
        for template in ["/circuits/{name}/override", "/faults", "/new", "/health"] {
            for method in [Method::PUT, Method::POST, Method::DELETE, Method::PATCH] {
                assert_eq!(Purpose::of(&method, template), Purpose::Operations);
            }
            for method in [Method::GET, Method::HEAD] {
                assert_eq!(Purpose::of(&method, template), Purpose::Information);
            }
        }
        for method in [Method::GET, Method::DELETE] {
            assert_eq!(Purpose::of(&method, "/items/{id}"), Purpose::Items);
            let trail = Purpose::of(&method, "/circuits/{name}/trail");
            assert_eq!(trail, Purpose::Operations);
        }
    }
}
