import { Component, type ErrorInfo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Alert, Button, SpaceBetween } from "./cloudscape";
import { Copy } from "./copy";

interface Props {
  children: ReactNode;
  /** When this changes the view is tried again: another address is another view. */
  resetKey?: string;
}

interface State {
  error: Error | null;
  resetKey: string | undefined;
}

/** Keeps a view that throws from taking the page with it. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, resetKey: this.props.resetKey };

  static getDerivedStateFromError(error: Error): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.resetKey === state.resetKey ? null : { error: null, resetKey: props.resetKey };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error(error, info.componentStack);
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error ? <Crash error={error} onReload={() => this.setState({ error: null })} /> : this.props.children;
  }
}

function Crash({ error, onReload }: { error: Error; onReload: () => void }) {
  const { t } = useTranslation();
  const actions = (
    <SpaceBetween direction="horizontal" size="xs">
      <Copy wide text={`${error.message}\n${error.stack ?? ""}`} label={t("app.crash.copy")} />
      <Button onClick={onReload}>{t("app.crash.reload")}</Button>
    </SpaceBetween>
  );
  return (
    <div data-testid="crash">
      <Alert type="error" header={t("app.crash.title")} action={actions}>
        <p>{t("app.crash.text")}</p>
        <p className="sw-mono">{error.message}</p>
      </Alert>
    </div>
  );
}
