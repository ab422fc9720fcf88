import { screen } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";
import { api, at } from "./api";
import { openCreateDialog } from "./page";
import { item, servedBy } from "./samples";

vi.mock("@/app/OneNotice", () => {
  throw new Error("the host is away");
});

it("tells that something succeeded, and keeps the page, where the looks of a notice cannot be loaded", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  api.use(
    http.post(at("/items"), () => HttpResponse.json({ data: item({ name: "Busbar", version: 1 }), served: servedBy("database") }, { status: 201 })),
  );
  const user = await openCreateDialog();
  await user.type(screen.getByLabelText("Name"), "Busbar");
  await user.click(screen.getByRole("button", { name: "Create" }));
  expect(await screen.findByText("Created Busbar, version 1")).toBeVisible();
  expect(screen.getByRole("main")).toBeVisible();
});
