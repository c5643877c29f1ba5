"""What `mendline doctor` looks at; each check answers with findings and changes nothing."""
