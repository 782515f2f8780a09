// Comfort for the keyboard; every page works without it.
"use strict";

// The value as read is selected, so that typing replaces it and Enter confirms it.
document.querySelectorAll("input[data-select]").forEach((input) => {
  input.focus();
  input.select();
});

// Enter on a list sends the answer, as it does in a text field.
document.querySelectorAll("select.entry").forEach((select) => {
  select.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.altKey && select.form && select.value !== "") {
      event.preventDefault();
      select.form.requestSubmit();
    }
  });
});

// A file that the line is reading is looked at again by itself.
document.querySelectorAll("a[data-refresh]").forEach((link) => {
  setTimeout(() => window.location.replace(link.href), Number(link.dataset.refresh) * 1000);
});

// One answer per question, however often Enter is pressed.
document.querySelectorAll("form.answer").forEach((form) => {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
});
