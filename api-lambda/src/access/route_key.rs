//! Which route API Gateway took.

use axum::http::Method;

/// Whether API Gateway's route of this key, such as `PUT /items/{id}`, leads to the route
/// with this template.
///
/// API Gateway authorises a request by its own idea of the route. Where the function's idea
/// is another one, the request was authorised for something else. A route for everything
/// (`$default`, or one that ends with `{name+}`) leads everywhere below it.
pub fn covers(key: &str, method: &Method, template: &str) -> bool {
    if key == "$default" {
        return true;
    }
    let Some((verb, path)) = key.split_once(' ') else {
        return false;
    };
    (verb == "ANY" || verb == method.as_str()) && leads_to(path, template)
}

fn leads_to(path: &str, template: &str) -> bool {
    let mut taken = template.split('/');
    for segment in path.split('/') {
        if segment.starts_with('{') && segment.ends_with("+}") {
            return taken.next().is_some_and(|next| !next.is_empty());
        }
        match taken.next() {
            Some(next) if next == segment || is_variable(next) && is_variable(segment) => {}
            _ => return false,
        }
    }
    taken.next().is_none()
}

fn is_variable(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const OVERRIDE: &str = "/circuits/{name}/override";

    #[test]
    fn the_key_of_the_route_itself_covers_it_whatever_its_variables_are_called() {
        for key in [
            "PUT /circuits/{name}/override",
            "PUT /circuits/{circuit}/override",
            "ANY /circuits/{name}/override",
            "PUT /circuits/{proxy+}",
            "PUT /{proxy+}",
            "ANY /{proxy+}",
            "$default",
        ] {
            assert!(covers(key, &Method::PUT, OVERRIDE), "{key}");
        }
    }

    #[test]
    fn no_other_key_covers_it() {
        for key in [
            "",
            "$",
            "PUT",
            "PUT ",
            "PUT /",
            "PUT /items/{id}",
            "PUT /circuits/{name}",
            "PUT /circuits/{name}/override/",
            "PUT //circuits/{name}/override",
            "PUT /circuits/{name}/override/{more+}",
            "PUT /circuits/{name}/events",
            "PUT /{a}/{b}/{c}",
            "GET /circuits/{name}/override",
            "put /circuits/{name}/override",
            "PUT /items/{proxy+}",
        ] {
            assert!(!covers(key, &Method::PUT, OVERRIDE), "{key}");
        }
    }
}
