/** One text for each formula, where a page carries several: MathML, the TeX it was made from, what was drawn. */
const DRAWN = /(?:^|\s)(?:MathJax\w*|MathJax_(?:Display|SVG|CHTML|Preview))(?=$|\s)/u;

/** Removes what repeats a formula below `body`; see `scan-html.ts` for `fn-math`. */
export function settleFormulas(body: Element): void {
  for (const formula of body.querySelectorAll('fn-math[from=script]')) {
    let before = formula.previousElementSibling;
    while (before !== null && DRAWN.test(before.getAttribute('class') ?? '')) {
      const drawn = before;
      before = before.previousElementSibling;
      if (drawn.querySelector('fn-math') !== null) {
        formula.remove();
        break;
      }
      drawn.remove();
    }
  }
}
