-- Supervisors of one quadrant, among those who log in to the control room.

ALTER TABLE accounts
    ADD COLUMN quadrant code,
    ADD CONSTRAINT only_a_supervisor_is_of_a_quadrant
        CHECK (quadrant IS NULL OR role = 'supervisor');
COMMENT ON COLUMN accounts.quadrant IS
    'Whose fronts a supervisor speaks to. Null: all. No foreign key: a new edition may drop the code.';
