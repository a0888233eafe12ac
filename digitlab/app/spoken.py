"""Pages in the language of whoever asks for them."""

from typing import Any

from tornado import web

from digitlab.front.language import preferred, table


def language(handler: web.RequestHandler) -> str:
    """Return what ``?lang=`` asks for, else what the browser likes best: ``"en"``, say."""
    browser = handler.request.headers.get("Accept-Language", "")
    return preferred(f"{handler.get_query_argument('lang', '')},{browser}")


def spoken(handler: web.RequestHandler, template: str, **values: Any) -> str:
    """Fill in a template in the visitor's language.

    It finds the sentences in ``words``, and the pad's path in ``home``.
    """
    lang = language(handler)
    page = handler.settings["jinja2_env"].get_template(template)
    home = handler.settings["base"].of(handler.request)
    return str(page.render(lang=lang, words=table(lang)["page"], home=home, **values))
