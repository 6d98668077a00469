/** Asks for the service's API key. */
import { byId } from './element.ts';

/** Resolves with what was typed, or null when the reader thinks better of it. */
export function askForKey(wrong: boolean): Promise<string | null> {
  const dialog = byId('key', HTMLDialogElement);
  const field = byId('key-field', HTMLInputElement);
  byId('key-wrong').hidden = !wrong;
  field.value = '';
  dialog.showModal();
  return new Promise((resolve) => {
    const done = new AbortController();
    const { signal } = done;
    const end = (value: string | null): void => {
      done.abort();
      if (dialog.open) dialog.close();
      resolve(value);
    };
    byId('key-form').addEventListener(
      'submit',
      (event) => {
        event.preventDefault();
        end(field.value.trim() === '' ? null : field.value.trim());
      },
      { signal },
    );
    byId('key-cancel').addEventListener('click', () => end(null), { signal });
    dialog.addEventListener('close', () => end(null), { signal });
  });
}
