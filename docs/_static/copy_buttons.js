/* A button on every block of code that copies it: of a Python session the statements alone. */
function statements(text) {
  const lines = text.split("\n");
  if (!lines.some(line => line.startsWith(">>> "))) return text;
  const typed = lines.filter(line => /^(>>>|\.\.\.)( |$)/.test(line));
  return typed.map(line => line.slice(4)).join("\n") + "\n";
}
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // a page that is read from the disk may not use the clipboard this way
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
function addButton(block) {
  const button = document.createElement("button");
  button.className = "copy-button";
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await copied(statements(block.querySelector("pre").textContent));
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  block.append(button);
}
document.addEventListener("DOMContentLoaded", () =>
  document.querySelectorAll("div[class*='highlight-']").forEach(block => {
    if (!block.classList.contains("highlight-text")) addButton(block);  // not what was printed
  }));
