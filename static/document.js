// A document's page: each block of code can be copied. Browsers let pages do so over HTTPS and on localhost.
"use strict";

function offerCopy(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  const around = document.createElement("div");
  around.className = "copied";
  block.replaceWith(around);
  around.append(block, button);
}

if (navigator.clipboard) document.querySelectorAll(".document pre").forEach(offerCopy);
