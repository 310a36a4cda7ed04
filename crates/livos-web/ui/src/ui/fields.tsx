import { Check, ChevronDown, Eye, EyeOff } from "lucide-react";
import {
  type InputHTMLAttributes,
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  useId,
  useState,
} from "react";
import { useOnline } from "@/lib/connection";
import { t } from "@/lib/i18n";
import { cx } from "./cx";

const BOX =
  "w-full min-h-8 touch:min-h-11 rounded-control border border-line-strong bg-surface px-3 text-sm touch:text-lg text-fg outline-offset-0 disabled:opacity-60 aria-invalid:border-danger read-only:bg-sunken";

interface FieldProps {
  label: string;
  /** Shown under the label's control, before anything is wrong. */
  hint?: ReactNode;
  error?: string | undefined;
  /** The label is read aloud but not shown, where the place makes it obvious. */
  hideLabel?: boolean;
}

function Field({
  id,
  label,
  hint,
  error,
  hideLabel,
  children,
}: FieldProps & { id: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className={hideLabel ? "sr-only" : "text-sm font-medium"}>
        {label}
      </label>
      {children}
      {hint && (
        <div id={`${id}-hint`} className="text-xs text-muted">
          {hint}
        </div>
      )}
      <div
        id={`${id}-error`}
        role={error ? "alert" : undefined}
        className={error ? "text-xs text-danger" : "hidden"}
      >
        {error}
      </div>
    </div>
  );
}

function describedBy(id: string, hint: ReactNode, error: string | undefined): string | undefined {
  return [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ") || undefined;
}

export interface TextFieldProps extends FieldProps, Omit<InputHTMLAttributes<HTMLInputElement>, "onChange"> {
  value: string;
  onChange: (value: string) => void;
  ref?: Ref<HTMLInputElement> | undefined;
  /** An icon or button inside the end of the field. */
  end?: ReactNode;
}

export function TextField(props: TextFieldProps) {
  const { label, hint, error, hideLabel = false, onChange, end, className, id: given, ...rest } = props;
  const made = useId();
  const id = given ?? made;
  return (
    <Field id={id} label={label} hint={hint} error={error} hideLabel={hideLabel}>
      <div className="relative">
        <input
          {...rest}
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy(id, hint, error)}
          onChange={(event) => onChange(event.target.value)}
          className={cx(BOX, end !== undefined && "pe-10 touch:pe-12", className)}
        />
        {end !== undefined && <div className="absolute inset-y-0 end-1 flex items-center">{end}</div>}
      </div>
    </Field>
  );
}

/** A password with Show and a hint while Caps Lock is on. */
export function PasswordField(props: TextFieldProps) {
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const watch = (event: KeyboardEvent<HTMLInputElement>) => setCaps(event.getModifierState("CapsLock"));
  const Icon = shown ? EyeOff : Eye;
  return (
    <TextField
      {...props}
      type={shown ? "text" : "password"}
      spellCheck={false}
      autoCapitalize="none"
      onKeyDown={watch}
      onKeyUp={watch}
      onBlur={() => setCaps(false)}
      hint={caps ? t("shell.field.capsLock") : props.hint}
      end={
        <button
          type="button"
          aria-pressed={shown}
          aria-label={t("shell.field.showPassword")}
          onClick={() => setShown(!shown)}
          className="flex size-6 touch:size-10 items-center justify-center rounded-control text-muted hover:text-fg"
        >
          <Icon size={16} aria-hidden />
        </button>
      }
    />
  );
}

export interface SelectProps extends FieldProps, Omit<SelectHTMLAttributes<HTMLSelectElement>, "onChange"> {
  value: string;
  onChange: (value: string) => void;
  options: { value: string; label: string }[];
  write?: boolean;
}

/** The browser's own select: it already is a sheet on phones and speaks to every screen reader. */
export function Select(props: SelectProps) {
  const { label, hint, error, hideLabel = false, options, onChange, className, write, ...rest } = props;
  const id = useId();
  const online = useOnline();
  return (
    <Field id={id} label={label} hint={hint} error={error} hideLabel={hideLabel}>
      <div className="relative">
        <select
          {...rest}
          id={id}
          disabled={rest.disabled || (write && !online)}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy(id, hint, error)}
          onChange={(event) => onChange(event.target.value)}
          className={cx(BOX, "appearance-none pe-8", className)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronDown
          size={16}
          aria-hidden
          className="pointer-events-none absolute end-2 top-1/2 -translate-y-1/2"
        />
      </div>
    </Field>
  );
}

interface ToggleProps {
  label: ReactNode;
  hint?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  write?: boolean;
  hideLabel?: boolean;
}

export function Checkbox({ label, hint, checked, onChange, disabled, write, hideLabel }: ToggleProps) {
  const online = useOnline();
  const id = useId();
  return (
    <label className="flex min-h-6 touch:min-h-11 items-start gap-2 py-0.5 touch:items-center">
      <span className="relative mt-0.5 touch:mt-0 flex size-4 shrink-0">
        <input
          type="checkbox"
          checked={checked}
          disabled={disabled || (write && !online)}
          aria-describedby={hint ? id : undefined}
          onChange={(event) => onChange(event.target.checked)}
          className="peer size-4 appearance-none rounded border border-line-strong bg-surface checked:border-accent checked:bg-accent"
        />
        <Check
          size={12}
          aria-hidden
          className="pointer-events-none absolute inset-0 m-auto stroke-3 text-on-accent opacity-0 peer-checked:opacity-100"
        />
      </span>
      <span className={hideLabel ? "sr-only" : "min-w-0 text-sm"}>
        {label}
        {hint && (
          <span id={id} className="block text-xs text-muted">
            {hint}
          </span>
        )}
      </span>
    </label>
  );
}

export function Switch({ label, hint, checked, onChange, disabled, write, hideLabel }: ToggleProps) {
  const online = useOnline();
  const id = useId();
  return (
    <label className="flex min-h-8 touch:min-h-11 items-center justify-between gap-4">
      <span className={hideLabel ? "sr-only" : "min-w-0 text-sm"}>
        <span className="font-medium">{label}</span>
        {hint && (
          <span id={id} className="block text-xs text-muted">
            {hint}
          </span>
        )}
      </span>
      <input
        type="checkbox"
        role="switch"
        aria-checked={checked}
        checked={checked}
        disabled={disabled || (write && !online)}
        aria-describedby={hint ? id : undefined}
        onChange={(event) => onChange(event.target.checked)}
        className="switch"
      />
    </label>
  );
}
