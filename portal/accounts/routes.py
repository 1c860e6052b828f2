"""The addresses of accounts."""

from portal.accounts import account_routes, login_routes, users_routes

routers = [login_routes.router, account_routes.router, users_routes.router]
