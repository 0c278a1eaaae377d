"""Presidio's analyzer, faster, with the findings of Presidio's own.

phones     python-phonenumbers for many regions at the price of one
"""
