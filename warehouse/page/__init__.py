"""The page that shows a build to people: `reports/index.html`."""
