"""Reading what people hand in as text: times, places, numbers and descriptions are marked in it.

Nothing here knows Flask, SQL or Redis, and nothing here decides: a person accepts each mark.
"""
