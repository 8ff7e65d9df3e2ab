// Before the first paint: the chosen theme and language, so that nothing flashes. A classic script on purpose.
(function () {
  const root = document.documentElement;
  let theme = null;
  let language = null;
  try {
    theme = localStorage.getItem("vireo.theme");
    language = localStorage.getItem("vireo.language");
  } catch (error) {
    // Storage may be forbidden; the browser's own preferences hold then.
  }
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (!language) language = /^zh\b/i.test(navigator.language) ? "zh" : "en";
  root.lang = language === "zh" ? "zh-CN" : "en";
})();
