//! Who may do what.
//!
//! API Gateway verifies tokens before it lets a request through. This function does not rely
//! on that alone: it reads the verified claims from the event itself ([`Caller`]), decides by
//! the route that it is about to take ([`Purpose`]), and takes only the route that API
//! Gateway decided about ([`covers`]). All of it is pure.

mod caller;
mod groups;
mod purpose;
mod route_key;

use std::str::FromStr;

pub use self::{
    caller::{Caller, User},
    purpose::Purpose,
    route_key::covers,
};

/// Who signs in at this stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// No caller can, and every caller may do everything.
    Absent,
    /// Callers can, and operators have to.
    Required {
        /// The group whose members are operators.
        operators: GroupName,
        /// Who may work with items.
        items: ItemsFor,
    },
}

/// Who may work with items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemsFor {
    /// Every caller.
    Everyone,
    /// Callers that have signed in, operators or not.
    SignedIn,
}

/// Why a caller may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// It takes a caller that has signed in.
    NotSignedIn,
    /// It takes an operator.
    NotAnOperator,
}

/// Whom an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody: without what operators have written, and without who they are.
    Public,
    /// Those who run the system.
    Operators,
}

impl SignIn {
    /// Lets a caller do what a route is for.
    ///
    /// # Errors
    ///
    /// What the caller lacks.
    pub fn admit(&self, purpose: Purpose, caller: &Caller) -> Result<(), Denied> {
        let Self::Required { operators, items } = self else {
            return Ok(());
        };
        let needs = match (purpose, items) {
            (Purpose::Information, _) | (Purpose::Items, ItemsFor::Everyone) => return Ok(()),
            (Purpose::Items, ItemsFor::SignedIn) => None,
            (Purpose::Operations, _) => Some(operators),
        };
        match (caller, needs) {
            (Caller::Anonymous, _) => Err(Denied::NotSignedIn),
            (Caller::SignedIn(user), Some(group)) if !user.is_in(group) => {
                Err(Denied::NotAnOperator)
            }
            (Caller::SignedIn(_), _) => Ok(()),
        }
    }

    /// What a caller may read of what operators did.
    pub fn audience(&self, caller: &Caller) -> Audience {
        match self.admit(Purpose::Operations, caller) {
            Ok(()) => Audience::Operators,
            Err(_) => Audience::Public,
        }
    }
}

/// A group of a user pool. Cognito allows no white space in it, which is what tells groups
/// apart in a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupName(String);

impl GroupName {
    /// What [`GroupName::from_str`] accepts, in words.
    pub const EXPECTED: &str = "the name of a group of the user pool";

    fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that names no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", GroupName::EXPECTED)]
pub struct GroupNameError;

impl FromStr for GroupName {
    type Err = GroupNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.contains(char::is_whitespace) {
            return Err(GroupNameError);
        }
        Ok(Self(text.to_owned()))
    }
}

/// A word that does not say who may work with items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", ItemsFor::EXPECTED)]
pub struct ItemsForError;

impl ItemsFor {
    /// What [`ItemsFor::from_str`] accepts, in words.
    pub const EXPECTED: &str = "everyone or signed-in";
}

impl FromStr for ItemsFor {
    type Err = ItemsForError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "everyone" => Ok(Self::Everyone),
            "signed-in" => Ok(Self::SignedIn),
            _ => Err(ItemsForError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(items: ItemsFor) -> SignIn {
        SignIn::Required {
            operators: "operators".parse().unwrap(),
            items,
        }
    }

    #[test]
    fn each_caller_is_admitted_to_what_the_stage_says_and_to_nothing_else() {
        use Denied::{NotAnOperator, NotSignedIn};
        let member = Caller::SignedIn(User::new("ada", &["readers"]));
        let operator = Caller::SignedIn(User::new("bob", &["readers", "operators"]));
        let callers = [Caller::Anonymous, member, operator];
        let rule =
            |sign_in: &SignIn, purpose| callers.each_ref().map(|c| sign_in.admit(purpose, c));
        for items in [ItemsFor::Everyone, ItemsFor::SignedIn] {
            let sign_in = required(items);
            assert_eq!(rule(&sign_in, Purpose::Information), [Ok(()); 3]);
            let operations = [Err(NotSignedIn), Err(NotAnOperator), Ok(())];
            assert_eq!(rule(&sign_in, Purpose::Operations), operations);
        }
        assert_eq!(
            rule(&required(ItemsFor::Everyone), Purpose::Items),
            [Ok(()); 3]
        );
        let signed_in = [Err(NotSignedIn), Ok(()), Ok(())];
        assert_eq!(
            rule(&required(ItemsFor::SignedIn), Purpose::Items),
            signed_in
        );
        for purpose in [Purpose::Information, Purpose::Items, Purpose::Operations] {
            assert_eq!(rule(&SignIn::Absent, purpose), [Ok(()); 3]);
        }
    }

    #[test]
    fn only_operators_read_what_operators_did_where_callers_sign_in() {
        let sign_in = required(ItemsFor::Everyone);
        let member = Caller::SignedIn(User::new("ada", &["operators2"]));
        let operator = Caller::SignedIn(User::new("bob", &["operators"]));
        assert_eq!(sign_in.audience(&Caller::Anonymous), Audience::Public);
        assert_eq!(sign_in.audience(&member), Audience::Public);
        assert_eq!(sign_in.audience(&operator), Audience::Operators);
        assert_eq!(
            SignIn::Absent.audience(&Caller::Anonymous),
            Audience::Operators
        );
    }

    #[test]
    fn a_group_has_a_name_without_white_space() {
        for text in ["", "a b", "a\u{2003}b", "\n"] {
            assert_eq!(text.parse::<GroupName>(), Err(GroupNameError), "{text:?}");
        }
    }
}
