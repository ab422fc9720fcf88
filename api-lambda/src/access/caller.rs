//! Who makes a request.

use std::collections::HashMap;

use aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;

use super::{GroupName, groups};

/// Who makes a request, as far as API Gateway has verified it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The request bears no verified token.
    Anonymous,
    /// It bears the access token of this user.
    SignedIn(User),
}

/// A user of the user pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The claim `sub`, which stays when everything else about a user changes.
    subject: String,
    groups: Vec<String>,
}

/// What an override's trail says where no caller can be verified and none gives a name.
const NAMELESS: &str = "anonymous";

impl Caller {
    /// Reads the claims that API Gateway has verified for the route that it took.
    ///
    /// An access token, and no other kind, says what its bearer may do. A user without a
    /// subject is none.
    pub fn of(context: &ApiGatewayV2httpRequestContext) -> Self {
        let authorizer = context.authorizer.as_ref();
        let token = authorizer.and_then(|authorizer| authorizer.jwt.as_ref());
        token
            .and_then(|token| User::of(&token.claims))
            .map_or(Self::Anonymous, Self::SignedIn)
    }

    /// What the trail says about who did something: the verified user first, then the name
    /// that the user goes by. Only where nobody can sign in is that name all there is.
    pub fn actor(&self, display_name: Option<&str>) -> String {
        match (self, display_name) {
            (Self::SignedIn(user), Some(name)) => format!("{} ({name})", user.subject),
            (Self::SignedIn(user), None) => user.subject.clone(),
            (Self::Anonymous, name) => name.unwrap_or(NAMELESS).to_owned(),
        }
    }
}

impl User {
    fn of(claims: &HashMap<String, String>) -> Option<Self> {
        let claim = |name| claims.get(name).map(String::as_str);
        let subject = claim("sub").filter(|subject| !subject.is_empty())?;
        if claim("token_use") != Some("access") {
            return None;
        }
        let groups = groups::listed(claim("cognito:groups").unwrap_or_default());
        Some(Self {
            subject: subject.to_owned(),
            groups: groups.map(str::to_owned).collect(),
        })
    }

    /// Whether the user belongs to a group.
    pub fn is_in(&self, group: &GroupName) -> bool {
        self.groups.iter().any(|name| name == group.as_str())
    }

    #[cfg(test)]
    pub(super) fn new(subject: &str, groups: &[&str]) -> Self {
        Self {
            subject: subject.to_owned(),
            groups: groups.iter().map(|&name| name.to_owned()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn caller(authorizer: &Value) -> Caller {
        let context = json!({"http": {"method": "GET"}, "authorizer": authorizer});
        Caller::of(&serde_json::from_value(context).unwrap())
    }

    fn bearing(claims: &Value) -> Caller {
        caller(&json!({"jwt": {"claims": claims, "scopes": ["openid"]}}))
    }

    #[test]
    fn the_bearer_of_an_access_token_is_who_it_says() {
        let claims =
            json!({"sub": "7d8f", "token_use": "access", "cognito:groups": "[a operators]"});
        let expected = Caller::SignedIn(User::new("7d8f", &["a", "operators"]));
        assert_eq!(bearing(&claims), expected);
    }

    #[test]
    fn whatever_is_no_access_token_of_a_user_leaves_the_caller_anonymous() {
        let operators = "[operators]";
        for claims in [
            Value::Null,
            json!({}),
            json!({"token_use": "access", "cognito:groups": operators}),
            json!({"sub": "", "token_use": "access", "cognito:groups": operators}),
            json!({"sub": "7d8f", "cognito:groups": operators}),
            json!({"sub": "7d8f", "token_use": "id", "cognito:groups": operators}),
        ] {
            assert_eq!(bearing(&claims), Caller::Anonymous, "{claims}");
        }
        // Other authorisers say nothing about users of the pool.
        let lambda = json!({"lambda": {"sub": "7d8f", "token_use": "access"}});
        let iam = json!({"iam": {"userId": "7d8f"}});
        for authorizer in [Value::Null, json!({}), lambda, iam] {
            assert_eq!(caller(&authorizer), Caller::Anonymous, "{authorizer}");
        }
    }

    #[test]
    fn the_trail_names_the_verified_user_before_any_name_of_choice() {
        let user = Caller::SignedIn(User::new("7d8f", &[]));
        assert_eq!(user.actor(None), "7d8f");
        assert_eq!(user.actor(Some("breaker")), "7d8f (breaker)");
        assert_eq!(Caller::Anonymous.actor(Some("ada")), "ada");
        assert_eq!(Caller::Anonymous.actor(None), "anonymous");
    }
}
