"""The pages, by what people come for."""

from fastapi import APIRouter

from portal.routes import actions, acts, answer, desk, mailbox, office, reports, sign_in

ALL: tuple[APIRouter, ...] = tuple(module.router for module in (sign_in, answer, reports, desk, actions, acts, office, mailbox))
"""Every router."""
