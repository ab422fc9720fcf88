//! Functions get new code.

use crate::cloud::Cloud;

fn options<'a>(kind: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["function", "--stage", "dev", "--kind", kind], more].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn new_code_is_tried_without_traffic_and_then_goes_live() {
    let cloud = Cloud::start("live").await;
    let ended = cloud.deploy(&options("api", &["--yes"])).await;
    assert!(ended.good, "{}", ended.told);
    let expected = ["code", "publish 2", "try 2", "live 2", "try 2"];
    assert_eq!(cloud.sky().story, expected);
    assert!(
        ended
            .told
            .contains("Version 2 of circuit-breaker-dev-api is live"),
        "{}",
        ended.told
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_migrations_are_applied_before_the_new_version_gets_traffic() {
    let cloud = Cloud::start("migrations").await;
    let ended = cloud.deploy(&options("retry", &["--yes"])).await;
    assert!(ended.good, "{}", ended.told);
    assert!(
        ended.told.contains("2 migrations applied"),
        "{}",
        ended.told
    );
    let expected = ["code", "publish 2", "try 2", "live 2", "try 2"];
    assert_eq!(cloud.sky().story, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_does_not_work_gets_no_traffic() {
    let cloud = Cloud::start("broken").await;
    cloud.sky().broken = vec![2];
    let ended = cloud.deploy(&options("fallback", &["--yes"])).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(
        ended.told.contains("version 1 stays live"),
        "{}",
        ended.told
    );
    assert_eq!(cloud.sky().story, ["code", "publish 2", "try 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_makes_the_api_sick_is_taken_back() {
    let cloud = Cloud::start("sick").await;
    cloud.sky().unhealthy = vec![2];
    let impatient = options("api", &["--yes", "--healthy-within", "1"]);
    let ended = cloud.deploy(&impatient).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(
        ended.told.contains("taken back, version 1 is live"),
        "{}",
        ended.told
    );
    assert!(
        ended
            .told
            .contains("/health does not answer well: status 500"),
        "{}",
        ended.told
    );
    let expected = ["code", "publish 2", "try 2", "live 2", "try 2", "live 1"];
    assert_eq!(cloud.sky().story, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_consent_nothing_is_changed() {
    let cloud = Cloud::start("consent").await;
    let ended = cloud.deploy(&options("api", &[])).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(ended.told.contains("say --yes"), "{}", ended.told);
    assert!(
        ended
            .told
            .contains("live now    version 1, 3.3 MB, code old"),
        "{}",
        ended.told
    );
    assert_eq!(cloud.sky().story, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_live_already_is_not_deployed_again() {
    let cloud = Cloud::start("again").await;
    let options = options("api", &["--yes"]);
    assert!(cloud.deploy(&options).await.good);
    cloud.sky().story.clear();
    let ended = cloud.deploy(&options).await;
    assert!(ended.good, "{}", ended.told);
    assert!(ended.told.contains("live already"), "{}", ended.told);
    assert_eq!(cloud.sky().story, ["try 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_was_refused_does_not_wait_to_be_published() {
    let cloud = Cloud::start("refused-code").await;
    let options = options("api", &["--yes"]);
    assert!(cloud.deploy(&options).await.good);
    cloud.sky().leave_unpublished("refused");
    cloud.sky().story.clear();
    let ended = cloud.deploy(&options).await;
    assert!(ended.good, "{}", ended.told);
    assert!(ended.told.contains("live already"), "{}", ended.told);
    assert_eq!(cloud.sky().story, ["code", "try 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_moves_the_alias_while_ours_is_taken_back_is_not_overruled() {
    let cloud = Cloud::start("usurper").await;
    cloud.sky().unhealthy = vec![2];
    cloud.sky().usurper = Some(9);
    let impatient = options("api", &["--yes", "--healthy-within", "1"]);
    let ended = cloud.deploy(&impatient).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(ended.told.contains("PreconditionFailed"), "{}", ended.told);
    assert_eq!(cloud.sky().live, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_without_our_stacks_is_named_by_hand() {
    let cloud = Cloud::start("by-name").await;
    cloud.sky().empty = true;
    let named = options("api", &["--yes", "--function", "circuit-breaker-dev-api"]);
    let ended = cloud.deploy(&named).await;
    assert!(ended.good, "{}", ended.told);
    assert!(
        ended.told.contains("GET /health: skipped"),
        "{}",
        ended.told
    );
    assert_eq!(cloud.sky().live, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_first_deployment_that_failed_there_is_nothing_to_migrate() {
    let cloud = Cloud::start("failed-first").await;
    for left in ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"] {
        cloud.sky().stacks = Some(left);
        let ended = cloud.deploy(&["migrate", "--stage", "dev"]).await;
        assert!(ended.good, "{left}: {}", ended.told);
    }
    cloud.sky().stacks = Some("UPDATE_ROLLBACK_COMPLETE");
    let ended = cloud.deploy(&["migrate", "--stage", "dev"]).await;
    assert!(!ended.good, "{}", ended.told);
    assert_eq!(cloud.sky().story, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_beside_ours_is_neither_overwritten_nor_taken_back() {
    let cloud = Cloud::start("beside").await;
    cloud.sky().interloper = Some(9);
    let ended = cloud.deploy(&options("api", &["--yes"])).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(ended.told.contains("PreconditionFailed"), "{}", ended.told);
    assert!(ended.told.contains("version 9 is live"), "{}", ended.told);
    assert_eq!(cloud.sky().live, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_a_deployment_group_codedeploy_moves_the_traffic() {
    let cloud = Cloud::start("canary").await;
    cloud.sky().code_deploy = Some("Succeeded");
    let ended = cloud.deploy(&options("api", &["--yes"])).await;
    assert!(ended.good, "{}", ended.told);
    assert!(
        ended.told.contains("LambdaCanary10Percent5Minutes"),
        "{}",
        ended.told
    );
    let expected = ["code", "publish 2", "try 2", "canary 2", "live 2", "try 2"];
    assert_eq!(cloud.sky().story, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_rings_an_alarm_fails_the_deployment() {
    let cloud = Cloud::start("alarm").await;
    cloud.sky().code_deploy = Some("Stopped");
    let ended = cloud.deploy(&options("api", &["--yes"])).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(
        ended.told.contains("CodeDeploy stopped: an alarm rang"),
        "{}",
        ended.told
    );
    assert!(ended.told.contains("version 1 is live"), "{}", ended.told);
    assert_eq!(
        cloud.sky().story,
        ["code", "publish 2", "try 2", "canary 2"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_a_canary_leaves_with_the_new_version_is_taken_back() {
    let cloud = Cloud::start("share").await;
    for (name, ends) in [("stopped", "Stopped"), ("done but not whole", "Succeeded")] {
        cloud.change(|sky| {
            (sky.live, sky.leaves_share) = (1, true);
            sky.code_deploy = Some(ends);
        });
        let ended = cloud.deploy(&options("api", &["--yes"])).await;
        assert!(!ended.good, "{name}: {}", ended.told);
        assert!(
            ended.told.contains("taken back, version 1 is live"),
            "{name}: {}",
            ended.told
        );
        assert_eq!(cloud.sky().live, 1, "{name}");
        assert_eq!(cloud.sky().share, None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_ask_codedeploy_does_not_go_around_it() {
    let cloud = Cloud::start("denied").await;
    cloud.sky().code_deploy_denied = true;
    let ended = cloud.deploy(&options("api", &["--yes"])).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(ended.told.contains("AccessDenied"), "{}", ended.told);
    assert_eq!(cloud.sky().story, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_somebody_else_replaced_is_not_published() {
    let cloud = Cloud::start("meddler").await;
    cloud.sky().meddler = true;
    let ended = cloud.deploy(&options("api", &["--yes"])).await;
    assert!(!ended.good, "{}", ended.told);
    assert_eq!(cloud.sky().story, ["code"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_usable_yet_is_waited_for() {
    let cloud = Cloud::start("network").await;
    cloud.sky().in_a_network = true;
    let ended = cloud.deploy(&options("api", &["--yes"])).await;
    assert!(ended.good, "{}", ended.told);
    let expected = ["code", "publish 2", "try 2", "live 2", "try 2"];
    assert_eq!(cloud.sky().story, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_deploys_right_after_us_is_noticed_and_left_alone() {
    let cloud = Cloud::start("successor").await;
    cloud.sky().successor = Some(9);
    let ended = cloud.deploy(&options("api", &["--yes"])).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(
        ended.told.contains("version 9 is live, not 2"),
        "{}",
        ended.told
    );
    assert_eq!(cloud.sky().live, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_that_another_version_answers_is_noticed() {
    let cloud = Cloud::start("stale").await;
    cloud.sky().stale = Some(1);
    let ended = cloud.deploy(&options("api", &["--yes"])).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(
        ended.told.contains("version 1 answered, not 2"),
        "{}",
        ended.told
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_answers_well_now_and_then_is_not_well() {
    let cloud = Cloud::start("now-and-then").await;
    cloud.sky().health = vec![200, 200, 500];
    let impatient = options("api", &["--yes", "--healthy-within", "2"]);
    let ended = cloud.deploy(&impatient).await;
    assert!(!ended.good, "{}", ended.told);
    assert_eq!(cloud.sky().live, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn migrating_does_not_change_code_that_gets_traffic() {
    let cloud = Cloud::start("migrate-live").await;
    cloud.sky().live = 0;
    let ended = cloud.deploy(&["migrate", "--stage", "dev"]).await;
    assert!(ended.good, "{}", ended.told);
    let expected = ["publish 2", "live 2", "code", "try 0"];
    assert_eq!(cloud.sky().story, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_can_be_applied_by_code_that_is_not_published() {
    let cloud = Cloud::start("migrate").await;
    let ended = cloud.deploy(&["migrate", "--stage", "dev"]).await;
    assert!(ended.good, "{}", ended.told);
    assert_eq!(cloud.sky().story, ["code", "try 0"]);
    assert!(
        ended.told.contains("2 migrations applied"),
        "{}",
        ended.told
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unpublished_code_that_is_live_becomes_a_version_before_it_is_replaced() {
    let cloud = Cloud::start("unpublished").await;
    cloud.sky().live = 0;
    cloud.sky().broken = vec![3];
    let ended = cloud.deploy(&options("api", &["--yes"])).await;
    assert!(!ended.good, "{}", ended.told);
    let expected = ["publish 2", "live 2", "code", "publish 3", "try 3"];
    assert_eq!(cloud.sky().story, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_a_hurry_does_without_codedeploy() {
    let cloud = Cloud::start("hurry").await;
    cloud.sky().code_deploy = Some("Stopped");
    let ended = cloud.deploy(&options("api", &["--yes", "--at-once"])).await;
    assert!(ended.good, "{}", ended.told);
    assert_eq!(cloud.sky().live, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_deployment_there_is_nothing_to_migrate() {
    let cloud = Cloud::start("first").await;
    cloud.sky().empty = true;
    let ended = cloud.deploy(&["migrate", "--stage", "dev"]).await;
    assert!(ended.good, "{}", ended.told);
    let ended = cloud.deploy(&options("api", &["--yes"])).await;
    assert!(!ended.good, "{}", ended.told);
    assert!(
        ended
            .told
            .contains("`cargo xtask deploy infrastructure` makes it"),
        "{}",
        ended.told
    );
    assert_eq!(cloud.sky().story, Vec::<String>::new());
}
