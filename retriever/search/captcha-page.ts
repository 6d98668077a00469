/**
 * Marks of pages that want to see a human, by the services that serve them: DuckDuckGo's anomaly
 * modal, Cloudflare's challenge, reCAPTCHA, hCaptcha, and the "unusual traffic" pages of big engines.
 * They are looked for in markup (attributes, script URLs) or in set phrases, so that an ordinary page
 * about CAPTCHAs is none.
 */
const MARKS = [
  /(?:class|id|name)\s*=\s*["'][^"']*\b(?:anomaly-modal|g-recaptcha|h-captcha|cf-turnstile|cf-chl|challenge-form|captcha-form|captcha)\b/iu,
  /\/cdn-cgi\/challenge-platform\//iu,
  /(?:src|action)\s*=\s*["'][^"']*(?:recaptcha|hcaptcha|captcha|\/sorry\/|anomaly\.js)/iu,
  /(?:our systems have detected|detected) unusual traffic/iu,
  /complete the following challenge to confirm/iu,
  /<title>\s*(?:just a moment|attention required|security check|access denied)/iu,
];

/** True when the page asks for a CAPTCHA or another proof of being human. */
export function isCaptchaPage(html: string): boolean {
  const head = html.slice(0, 200_000);
  return head.includes('<') && MARKS.some((mark) => mark.test(head));
}
