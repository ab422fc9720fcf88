import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App } from "@/app/App";
import { Session } from "@/shared/session/Session";
import type { SignInConfig } from "@/shared/session/userManager";
import { PAGES } from "@/app/pages";
import { API_URL } from "./api";

// Fetched before any test, whose time is not to depend on how busy the machine is.
await Promise.all([...PAGES.map(({ load }) => load()), import("@/shared/RequestFailed")]);

export function openPage(signIn: SignInConfig | null = null, session = new Session(signIn)) {
  const user = userEvent.setup();
  render(<App config={{ apiUrl: API_URL, signIn }} session={session} />);
  return user;
}

export function openPageAt(address: string) {
  window.history.replaceState(null, "", address);
  return openPage();
}

export async function openCreateDialog() {
  const user = openPage();
  await user.click(await screen.findByRole("button", { name: "Create item" }));
  await screen.findByRole("dialog", { name: "Create item" });
  return user;
}
