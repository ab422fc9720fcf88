//! The web app gets new pages.

use crate::cloud::{Cloud, Ended, Sky};

const CONFIG: &str = r#"{"apiUrl":"https://api.example.com","signIn":{"clientId":"c1","url":"https://sign-in.example.com"}}"#;

const PAGE: &str = "<head><meta http-equiv=\"Content-Security-Policy\" \
    content=\"connect-src 'self' https://api.example.com https://sign-in.example.com\"></head>";

fn served_right(sky: &mut Sky) {
    (sky.page, sky.config_json) = (PAGE.to_owned(), CONFIG.to_owned());
}

/// Writes the configuration as the stacks tell it, and deploys.
async fn deploy(cloud: &Cloud, more: &[&str]) -> Ended {
    let pages = cloud.file("");
    std::fs::write(cloud.file("index.html"), "<head></head>").unwrap();
    let api = [
        "--api-url",
        "https://api.example.com",
        "--pages",
        pages.to_str().unwrap(),
    ];
    let configured = cloud
        .run(&[&["configure", "--stage", "dev"], &api[..]].concat())
        .await;
    assert!(configured.good, "{}", configured.told);
    let page = std::fs::read_to_string(cloud.file("index.html")).unwrap();
    assert_eq!(page, PAGE);
    let config = std::fs::read_to_string(cloud.file("config.json")).unwrap();
    assert_eq!(config, CONFIG);
    let options = ["web", "--stage", "dev", "--pages", pages.to_str().unwrap()];
    let impatient = ["--served-within", "1"];
    cloud
        .deploy(&[&options, &impatient[..], more].concat())
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_uploaded_started_and_looked_at() {
    let cloud = Cloud::start("web").await;
    cloud.change(served_right);
    let ended = deploy(&cloud, &["--yes"]).await;
    assert!(ended.good, "{}", ended.told);
    assert_eq!(cloud.sky().story, ["upload", "start"]);
    assert_eq!(cloud.sky().uploaded, b"new code");
    assert!(
        ended
            .told
            .contains(&format!("is live: {}/web", cloud.url())),
        "{}",
        ended.told
    );
    assert!(!ended.told.contains("secret"), "{}", ended.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_amplify_refuses_are_a_failure() {
    let cloud = Cloud::start("refused").await;
    cloud.sky().amplify = "FAILED";
    let ended = deploy(&cloud, &["--yes"]).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(
        ended
            .told
            .contains("ended as FAILED; the former pages stay"),
        "{}",
        ended.told
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_without_our_stacks_is_named_by_hand() {
    let cloud = Cloud::start("named").await;
    cloud.change(served_right);
    cloud.sky().no_web = true;
    let address = format!("{}/web", cloud.url());
    let named = ["--yes", "--app", "d1", "--url", &address];
    let ended = deploy(&cloud, &named).await;
    assert!(ended.good, "{}", ended.told);
    assert_eq!(cloud.sky().story, ["upload", "start"]);
    let ended = deploy(&cloud, &["--yes"]).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(ended.told.contains("there is no stack"), "{}", ended.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_consent_nothing_is_uploaded() {
    let cloud = Cloud::start("web-consent").await;
    let ended = deploy(&cloud, &[]).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(ended.told.contains("say --yes"), "{}", ended.told);
    assert_eq!(cloud.sky().story, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_refused_is_not_started() {
    let cloud = Cloud::start("upload").await;
    cloud.sky().upload_status = 403;
    let ended = deploy(&cloud, &["--yes"]).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(ended.told.contains("answered 403"), "{}", ended.told);
    assert_eq!(cloud.sky().story, ["upload"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_tells_the_signed_address_of_an_upload() {
    let cloud = Cloud::start("signed").await;
    cloud.sky().upload_url = Some("gopher://127.0.0.1/upload?secret");
    let ended = deploy(&cloud, &["--yes"]).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(!ended.told.contains("secret"), "{}", ended.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_pages_than_those_uploaded_are_a_failure() {
    let cloud = Cloud::start("other-pages").await;
    for (page_status, page, config, told) in [
        (404, PAGE, CONFIG, "/web/ is answered 404"),
        (
            200,
            "<head></head>",
            CONFIG,
            "/web/ is not what was uploaded",
        ),
        (200, PAGE, "{}", "/web/config.json is not what was uploaded"),
    ] {
        cloud.change(|sky| {
            sky.page_status = page_status;
            (sky.page, sky.config_json) = (page.to_owned(), config.to_owned());
        });
        let ended = deploy(&cloud, &["--yes"]).await;
        assert!(!ended.good, "{}", ended.told);
        assert!(ended.told.contains(told), "{}", ended.told);
    }
}
