//! Users of the stage's pool, and how they sign in.

use serde_json::{Value, json};
use ureq::http::Request;
use uuid::Uuid;

use crate::dev::{Answer, Dev, Endpoints};

/// A user who has signed in.
pub(crate) struct User {
    /// The claim `sub` of the tokens.
    pub(crate) subject: String,
    pub(crate) access_token: String,
    pub(crate) id_token: String,
}

const PASSWORD: &str = "Correct-horse-battery-9";

impl Dev {
    /// Makes a user in these groups, and signs the user in as the page does: by the code
    /// that Cognito's pages hand out.
    pub(crate) fn user(&self, groups: &[&str]) -> User {
        let email = format!("{}@example.com", Uuid::now_v7());
        let by_email = |more: Value| {
            let mut document = json!({"UserPoolId": self.endpoints.user_pool, "Username": email});
            let fields = document.as_object_mut().unwrap();
            fields.extend(more.as_object().unwrap().clone());
            document
        };
        let created = self.cognito(
            "AdminCreateUser",
            &by_email(json!({
                "MessageAction": "SUPPRESS",
                "TemporaryPassword": PASSWORD,
                "UserAttributes": [{"Name": "email", "Value": email}],
            })),
        );
        let password = json!({"Password": PASSWORD, "Permanent": true});
        self.cognito("AdminSetUserPassword", &by_email(password));
        for group in groups {
            let group = json!({"GroupName": group});
            self.cognito("AdminAddUserToGroup", &by_email(group));
        }
        let attributes = created.body["User"]["Attributes"].as_array().unwrap();
        let subject = attributes
            .iter()
            .find(|attribute| attribute["Name"] == "sub");
        let tokens = self.sign_in(&email);
        let token = |name: &str| tokens.body[name].as_str().unwrap().to_owned();
        User {
            subject: subject.unwrap()["Value"].as_str().unwrap().to_owned(),
            access_token: token("access_token"),
            id_token: token("id_token"),
        }
    }

    /// The emulator takes any signature, and reads from its scope which service is meant.
    fn cognito(&self, operation: &str, document: &Value) -> Answer {
        let Endpoints {
            aws_endpoint,
            region,
            ..
        } = &self.endpoints;
        let scope = format!("test/20260101/{region}/cognito-idp/aws4_request");
        let signature = "SignedHeaders=host, Signature=none";
        let request = Request::builder()
            .method("POST")
            .uri(aws_endpoint)
            .header("content-type", "application/x-amz-json-1.1")
            .header(
                "x-amz-target",
                format!("AWSCognitoIdentityProviderService.{operation}"),
            )
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, {signature}"),
            );
        let answer = self.ask(request.body(document.to_string()).unwrap());
        assert_eq!(answer.status, 200, "{operation}: {answer:?}");
        answer
    }

    fn sign_in(&self, email: &str) -> Answer {
        let Endpoints { client, page, .. } = &self.endpoints;
        let login = self.form(
            "/login",
            &[
                ("username", email),
                ("password", PASSWORD),
                ("client_id", client),
                ("redirect_uri", page),
                ("response_type", "code"),
                ("scope", "openid email"),
            ],
        );
        let back = login.headers.get("location");
        let back = back.unwrap_or_else(|| panic!("{login:?}"));
        let (_, code) = back.to_str().unwrap().split_once("code=").unwrap();
        let tokens = self.form(
            "/oauth2/token",
            &[
                ("grant_type", "authorization_code"),
                ("client_id", client),
                ("redirect_uri", page),
                ("code", code.split('&').next().unwrap()),
            ],
        );
        assert_eq!(tokens.status, 200, "{tokens:?}");
        tokens
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", escaped(value)));
        let request = Request::builder()
            .method("POST")
            .uri(format!("{}{path}", self.endpoints.aws_endpoint))
            .header("content-type", "application/x-www-form-urlencoded");
        self.ask(request.body(body.collect::<Vec<_>>().join("&")).unwrap())
    }
}

fn escaped(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    bytes.concat()
}
