"""The pages, by what people come for."""

from fastapi import APIRouter

from portal.api import pages as api_pages
from portal.api import routes as api
from portal.routes import (
    accounts,
    actions,
    acts,
    ahead,
    aid,
    answer,
    bottlenecks,
    calendars,
    channels,
    cycle,
    decisions,
    desk,
    dues,
    identity,
    mailbox,
    meetings,
    messages,
    office,
    own,
    own_data,
    people,
    pilot,
    preferences,
    proxies,
    public,
    public_files,
    recipients,
    reports,
    reviews,
    search,
    sign_in,
    sign_on,
    tokens,
    views,
    webhooks,
)

ALL: tuple[APIRouter, ...] = (
    public_files.root,
    public.router,
    public_files.router,
    *(
        module.router
        for module in (
            sign_in,
            sign_on,
            accounts,
            identity,
            aid,
            answer,
            proxies,
            reports,
            desk,
            dues,
            own,
            own_data,
            pilot,
            search,
            views,
            actions,
            reviews,
            bottlenecks,
            ahead,
            cycle,
            decisions,
            meetings,
            acts,
            people,
            calendars,
            preferences,
            tokens,
            messages,
            office,
            channels,
            webhooks,
            mailbox,
            recipients,
            api,
            api_pages,
        )
    ),
)
"""Every router."""


def prefixes_of(router: APIRouter) -> tuple[str, ...]:
    """Where the pages of a router lie: those of everybody twice, of the first public convention by a short address and of each by its code."""
    return ("/public", "/public/convention/{convention}") if router in (public.router, public_files.router) else ("",)
