/** A hidden element that a reader opens with one click: the answer of a folded question, a tab, `details`. */

const PANEL_CLASS =
  /(?:^|[\s_-])(?:accordion\w*|collaps\w*|tab-?pane\w*|tab-?content|tabs?-?panel|panel|faq\w*|answer\w*|expand\w*|toggle-?(?:content|body|text)|disclosure\w*|read-?more|more-?(?:text|content)|full-?text|spoiler\w*)(?=$|[\s_-])/iu;
const OPENER =
  'button, summary, [aria-expanded], [role=button], [role=tab], [data-toggle], [data-bs-toggle], [onclick]';

/** @param body where the element that opens it is looked for */
export function isFolded(element: Element, body: Element): boolean {
  if (element.closest('details') !== null) return true;
  const role = element.getAttribute('role');
  if (role === 'tabpanel') return true;
  if (role === 'tooltip' || role === 'menu') return false;
  if (
    PANEL_CLASS.test(`${element.getAttribute('class') ?? ''} ${element.getAttribute('id') ?? ''}`)
  )
    return true;
  const before = element.previousElementSibling;
  if (
    before !== null &&
    (before.tagName === 'DT' || before.matches(OPENER) || before.querySelector(OPENER) !== null)
  )
    return true;
  const id = element.getAttribute('id');
  if (id === null || !/^[\w-]+$/u.test(id)) return false;
  return (
    body.querySelector(
      `[aria-controls~="${id}"], [data-target="#${id}"], [data-bs-target="#${id}"], [href="#${id}"]`,
    ) !== null
  );
}
