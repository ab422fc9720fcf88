import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { answersCircuits, api, at, problem } from "./api";
import { openPage } from "./page";
import { CIRCUIT_IN, closedCircuit } from "./samples";

async function openForm() {
  window.history.replaceState(null, "", "/circuits");
  const user = openPage();
  await user.click(await screen.findByRole("button", { name: "Override retry" }));
  await screen.findByRole("dialog", { name: "Override retry" });
  return user;
}

async function fillIn() {
  const user = await openForm();
  await user.type(screen.getByLabelText("Reason"), " drill ");
  await user.type(screen.getByLabelText("Your name (optional)"), "ada");
  return user;
}

const click = (user: Awaited<ReturnType<typeof openForm>>, name: string) =>
  user.click(screen.getByRole("button", { name }));

describe("placing an override", () => {
  it("tells every mistake at its field before anything is asked", async () => {
    const user = await openForm();
    await user.clear(screen.getByLabelText("Ends after (minutes)"));
    await click(user, "Review");
    expect(screen.getByText("Say why; it ends up in the audit trail.")).toBeVisible();
    expect(screen.getByText(/Enter whole minutes from 1 to 1,440/)).toBeVisible();
    expect(screen.getByLabelText("Reason")).toBeInvalid();
    await user.type(screen.getByLabelText("Reason"), "x");
    expect(screen.getByLabelText("Reason")).toBeValid();
  });

  it("is confirmed in a sentence, sent, and shown", async () => {
    let sent: unknown;
    api.use(
      http.put(at("/circuits/retry/override"), async ({ request }) => {
        sent = await request.json();
        api.use(answersCircuits(CIRCUIT_IN.forced_closed()));
        return HttpResponse.json(CIRCUIT_IN.forced_closed());
      }),
    );
    const user = await fillIn();
    await user.click(screen.getByRole("radio", { name: /Force closed/ }));
    await click(user, "Review");
    expect(screen.getByText(/The audit trail will say: “drill”, by ada\./)).toBeVisible();
    expect(sent).toBeUndefined();
    await click(user, "Force closed now");
    expect(await screen.findByText("Force closed: retry, for 10 min")).toBeVisible();
    expect(sent).toEqual({ mode: "force_closed", reason: "drill", display_name: "ada", expires_in_s: 600 });
    const card = await screen.findByRole("article", { name: "Circuit retry" });
    await waitFor(() => expect(within(card).getByTestId("state")).toHaveTextContent("Forced closed"));
  });

  it("goes back to the form with the input kept, and remembers who places it", async () => {
    const user = await fillIn();
    await click(user, "Review");
    await click(user, "Back");
    expect(screen.getByLabelText("Reason")).toHaveValue(" drill ");
  });

  it("shows the API's complaint at the field that it names", async () => {
    const errors = [{ field: "expires_in_s", message: "must be at most 86400" }];
    api.use(http.put(at("/circuits/retry/override"), () => problem(422, "invalid-item", { errors })));
    const user = await fillIn();
    await click(user, "Review");
    await click(user, "Force open now");
    expect(await screen.findByText("must be at most 86400")).toBeVisible();
    expect(screen.getByLabelText("Ends after (minutes)")).toBeInvalid();
  });

  it("says that it was not placed while the table is away, and tries again", async () => {
    let refusing = true;
    api.use(
      http.put(at("/circuits/retry/override"), () =>
        refusing ? problem(503, "service-unavailable", { retry_after_s: 1 }) : HttpResponse.json(CIRCUIT_IN.forced_open()),
      ),
    );
    const user = await fillIn();
    await click(user, "Review");
    await click(user, "Force open now");
    expect(await screen.findByText("Not placed: service unavailable")).toBeVisible();
    refusing = false;
    await click(user, "Try again");
    expect(await screen.findByText("Force open: retry, for 10 min")).toBeVisible();
  });
});

describe("withdrawing an override", () => {
  it("is confirmed, and leaves the decision to the rules", async () => {
    api.use(
      answersCircuits(CIRCUIT_IN.shadow()),
      http.delete(at("/circuits/retry/override"), () => {
        api.use(answersCircuits(closedCircuit()));
        return new HttpResponse(null, { status: 204 });
      }),
    );
    window.history.replaceState(null, "", "/circuits");
    const user = openPage();
    await user.click(await screen.findByRole("button", { name: "Withdraw the override of retry" }));
    await screen.findByRole("dialog", { name: "Withdraw the override" });
    await click(user, "Withdraw");
    expect(await screen.findByText("The rules decide about retry again")).toBeVisible();
    expect(await screen.findByText("No override: the rules decide.")).toBeVisible();
  });

  it("says why it failed", async () => {
    api.use(
      answersCircuits(CIRCUIT_IN.shadow()),
      http.delete(at("/circuits/retry/override"), () => HttpResponse.error()),
    );
    window.history.replaceState(null, "", "/circuits");
    const user = openPage();
    await user.click(await screen.findByRole("button", { name: "Withdraw the override of retry" }));
    await screen.findByRole("dialog", { name: "Withdraw the override" });
    await click(user, "Withdraw");
    expect(await screen.findByText("Not withdrawn: the API cannot be reached")).toBeVisible();
  });
});
