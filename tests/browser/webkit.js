// What Playwright would find and see in a page, for the part of it that the tests use. `steps` lead
// from the document to elements: by CSS selector, by role and name, by label, or to some of them.
const [steps, sees, argument] = arguments;

const ROLES = {
  button: "button, [role=button], input[type=button]",
  combobox: "select, [role=combobox]",
  heading: "h1, h2, h3, h4, [role=heading]",
  link: "a[href]",
  radio: "input[type=radio], [role=radio]",
  checkbox: "input[type=checkbox], [role=checkbox]",
};

const isVisible = (element) => {
  const { width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0 && element.checkVisibility({ visibilityProperty: true });
};

const text = (element) => (element.innerText ?? element.textContent).replace(/\s+/g, " ").trim();

const labels = (element) => [...(element.labels ?? [])].map(text).join(" ");

const nameOf = (element) => element.ariaLabel || labels(element) || text(element) || element.title;

const agrees = (said, wanted, exact) =>
  exact ? said === wanted : said.toLowerCase().includes(wanted.toLowerCase());

const find = {
  css: (roots, selector) => [
    ...new Set(roots.flatMap((root) => [...root.querySelectorAll(selector)])),
  ],
  role: (roots, { role, name, exact, expanded }) =>
    find.css(roots, ROLES[role] ?? `[role=${role}]`).filter(
      (each) =>
        isVisible(each) &&
        (name === null || agrees(nameOf(each), name, exact)) &&
        (expanded === null || each.ariaExpanded === String(expanded)),
    ),
  label: (roots, name) =>
    find.css(roots, "input, select, textarea, button, [aria-label]")
      .filter((each) => agrees(each.ariaLabel || labels(each), name, false)),
  visible: (elements, wanted) => elements.filter((each) => isVisible(each) === wanted),
  has_text: (elements, wanted) => elements.filter((each) => agrees(text(each), wanted, false)),
  nth: (elements, n) => elements.slice(n, n + 1),
};

const elements = steps.reduce((found, [how, what]) => find[how](found, what), [document]);

const box = (element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return { x, y, width, height };
};

const see = {
  count: () => elements.length,
  state: () => {
    const [element] = elements;
    if (element === undefined) return null;
    const { x, y, width, height } = box(element);
    const isInView = x < innerWidth && x + width > 0 && y < innerHeight && y + height > 0;
    return {
      text: text(element),
      value: element.value,
      checked: element.checked,
      enabled: !element.disabled,
      visible: isVisible(element),
      seen: isVisible(element) && isInView,
      attributes: Object.fromEntries([...element.attributes].map((each) => [each.name, each.value])),
      box: isVisible(element) ? box(element) : null,
    };
  },
  focus: () => elements[0].focus(),
  // Where to press; null while something else is in the way or it can't be pressed.
  target: () => {
    const [element] = elements;
    if (element === undefined || element.disabled || !isVisible(element)) return null;
    element.scrollIntoView({ block: "nearest", behavior: "instant" });
    const { x, y, width, height } = box(element);
    const [left, top] = [Math.round(x + width / 2), Math.round(y + height / 2)];
    const there = document.elementFromPoint(left, top);
    return element.contains(there) ? [left, top] : null;
  },
  select: () => {
    const [element] = elements;
    element.value = argument;
    element.dispatchEvent(new Event("input", { bubbles: true }));
    element.dispatchEvent(new Event("change", { bubbles: true }));
  },
};

return see[sees]();
