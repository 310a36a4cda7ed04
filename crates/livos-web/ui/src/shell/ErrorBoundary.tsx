import { Component, type ReactNode } from "react";
import { errorDetails } from "@/lib/api/error";
import { t } from "@/lib/i18n";
import { Button } from "@/ui/Button";
import { CopyButton } from "@/ui/states";
import { codeMissing, isMissingCode } from "./newVersion";

interface Props {
  /** What stopped working, as people call it. */
  name: string;
  onReset?: () => void;
  children: ReactNode;
}

/** Keeps one broken app from taking the desktop with it. */
export class ErrorBoundary extends Component<Props, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidCatch(error: unknown): void {
    codeMissing(error);
  }

  #reset = () => {
    this.props.onReset?.();
    this.setState({ error: null });
  };

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    const chunk = isMissingCode(error);
    return (
      <div role="alert" className="flex h-full flex-col items-center justify-center gap-1 p-6 text-center">
        <p className="text-base font-semibold">
          {t(chunk ? "shell.window.loadFailed" : "shell.crash.title", { app: this.props.name })}
        </p>
        <p className="text-sm text-muted">{t(chunk ? "shell.window.loadFailedText" : "shell.crash.text")}</p>
        <div className="mt-3 flex flex-wrap justify-center gap-2">
          <Button onClick={this.#reset}>{t(chunk ? "shell.action.tryAgain" : "shell.crash.reopen")}</Button>
          {chunk && <Button onClick={() => location.reload()}>{t("shell.action.reload")}</Button>}
          <CopyButton text={() => errorDetails(error)} label={t("shell.action.copyDetails")} />
        </div>
      </div>
    );
  }
}
