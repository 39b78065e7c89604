// Small helpers around the document. Text is only ever set as text, never as markup.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") made.className = value;
    else if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

// Sets text only where it differs, so that screen readers and selections are left in peace.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Puts children in this order, moving only what is out of place.
export function arrange(parent, children) {
  children.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

export const initials = (name) =>
  (name ?? "?")
    .split(/\s+/)
    .map((word) => word[0])
    .slice(0, 2)
    .join("");

export function ago(iso) {
  const seconds = (Date.now() - Date.parse(iso)) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)} h ago`;
  return new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

export const day = (iso) =>
  new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "long" });

export function until(iso) {
  const minutes = Math.floor((Date.parse(iso) - Date.now()) / 60000);
  if (minutes < 0) return "its closing date has passed";
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days) return `closes in ${days} ${days === 1 ? "day" : "days"} ${hours} h`;
  return hours ? `closes in ${hours} h ${minutes % 60} min` : `closes in ${minutes} min`;
}

// The time that is left until a moment, to the second in its last hour; empty when it has come.
export function left(iso) {
  const seconds = Math.ceil((Date.parse(iso) - Date.now()) / 1000);
  if (seconds <= 0) return "";
  const [days, hours] = [Math.floor(seconds / 86400), Math.floor((seconds % 86400) / 3600)];
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days) return `${days} ${days === 1 ? "day" : "days"} ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return `${minutes}:${String(seconds % 60).padStart(2, "0")} min`;
}

export const clipped = (text, length) =>
  text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text;
