"""The web layer: templates, forms, languages, errors, live events. It knows no capability."""
