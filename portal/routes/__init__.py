"""The pages, by what people come for."""

from fastapi import APIRouter

from portal.routes import (
    actions,
    acts,
    answer,
    channels,
    decisions,
    desk,
    identity,
    mailbox,
    meetings,
    messages,
    office,
    people,
    preferences,
    proxies,
    recipients,
    reports,
    reviews,
    sign_in,
)

ALL: tuple[APIRouter, ...] = tuple(
    module.router
    for module in (
        sign_in,
        identity,
        answer,
        proxies,
        reports,
        desk,
        actions,
        reviews,
        decisions,
        meetings,
        acts,
        people,
        preferences,
        messages,
        office,
        channels,
        mailbox,
        recipients,
    )
)
"""Every router."""
