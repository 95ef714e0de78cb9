"""The desk's policy: catalog, teams, people, vocabulary and agreements, read strictly."""
