import { Component, type ReactNode } from "react";

/**
 * Keeps a fault of the page itself from leaving it blank. The likeliest one is
 * a part that could not be loaded, because its host is away or holds a newer build.
 */
export class ErrorBoundary extends Component<{ children: ReactNode }, { fault: Error | null }> {
  override state: { fault: Error | null } = { fault: null };

  static getDerivedStateFromError(fault: Error) {
    return { fault };
  }

  override render() {
    const { fault } = this.state;
    if (fault === null) return this.props.children;
    return (
      <div className="full-page" role="alert">
        <h1>This page has stopped working</h1>
        <p className="anywhere">{fault.message}</p>
        <p>What was stored is not affected.</p>
        <button type="button" className="plain-button" onClick={() => window.location.reload()}>
          Load it again
        </button>
      </div>
    );
  }
}
